"""Take baked-in secrets out of container images."""

from typing import Final

__version__: Final = "0.1.0"
