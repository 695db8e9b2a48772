"""Values that flow through the pipeline: text, findings, secrets, plans, patches."""
