"""Read the documents of a repository without loss, one package or module a format."""
