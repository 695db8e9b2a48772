"""Read the kinds of callers, one module each; a module offers its `KIND`."""
