"""Find the credentials that commands are given: in their words, before them, in text that they are fed."""
