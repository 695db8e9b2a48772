"""Look at trees of files without changing them: on disk, in memory, under a patch; match paths against patterns."""
