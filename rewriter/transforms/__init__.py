"""Turn findings into fixes or refusals: one module per kind of rewrite."""
