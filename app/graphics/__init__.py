"""The match centre and the broadcast overlays: static files, served as they are. Nothing is built."""

from pathlib import Path

STATIC_DIR = Path(__file__).parent / "static"
"""Served under /static."""

MATCH_CENTRE_PAGE = STATIC_DIR / "index.html"
"""Served at /."""

OVERLAY_PAGES = {"win-probability": STATIC_DIR / "overlays" / "win-probability.html"}
"""Served at /overlay/<name>."""
