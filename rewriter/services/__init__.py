"""Know what the services of compose files get in their environment, and where each variable is written.

A *gift* is one place, an entry of `environment` or a line of an `env_file`, that gives a variable to services.
"""

from rewriter.services.gifts import env_files, gifts
from rewriter.services.model import EnvFile, Gift, ImageEnv, Ref

__all__ = ["EnvFile", "Gift", "ImageEnv", "Ref", "env_files", "gifts"]
