"""Measure how well leaks are found: hand-written cases, and every scanner that is installed."""
