"""Install, start and stop a Docker engine on a Debian machine that has none; standard library only."""
