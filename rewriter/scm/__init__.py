"""Talk to a forge: git by GitPython, GitHub's REST interface by PyGithub, one gate in front of both limits."""
