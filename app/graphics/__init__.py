"""The match centre and the broadcast overlays: static files, served as they are. Nothing is built."""

from pathlib import Path

STATIC_DIR = Path(__file__).parent / "static"
"""Served under /static."""

MATCH_CENTRE_PAGE = STATIC_DIR / "index.html"
"""Served at /."""

OVERLAY_PAGES = {page.stem: page for page in sorted((STATIC_DIR / "overlays").glob("*.html"))}
"""Served at /overlay/<name>: every page of the folder, of whatever sport."""
