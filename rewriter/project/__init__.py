"""Put together what a repository holds: files read once, what builds them, and what comments leave out."""
