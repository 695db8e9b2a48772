"""Take baked-in secrets out of container images."""

__version__ = "0.1.0"
