"""Follow secret variables through a Dockerfile: where they come from, how they pass on, which RUN reads them.

A *flow* is a set of variables that hold one value, or values made from one another. Its *roots* take the
value from outside or hold it literally; each root is one secret, named by `secret_id`.
"""

from rewriter.flow.model import Definition, Flow, Origin, Use, secret_id
from rewriter.flow.trace import flows

__all__ = ["Definition", "Flow", "Origin", "Use", "flows", "secret_id"]
