"""Serve today's menu."""
