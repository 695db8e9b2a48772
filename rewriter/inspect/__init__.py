"""Look into images, containers and builds without running anything of theirs: the proof on the real thing."""
