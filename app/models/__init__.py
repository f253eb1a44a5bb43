"""Committed models and the arithmetic that runs them. Nothing here trains: see `analytics`."""
