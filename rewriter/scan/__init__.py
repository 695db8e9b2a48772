"""Find the secrets of a repository: most Dockerfiles cleared at a glance, the others looked at with every rule."""
