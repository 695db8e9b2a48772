"""Offer the loader of templates to what renders an outcome; rules and transforms take it from where it is."""

from __future__ import annotations

from rewriter.template import render, source

__all__ = ["render", "source"]
