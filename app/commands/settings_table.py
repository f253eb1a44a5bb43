"""The table of settings in docs/operations.md: `python -m app.commands.settings_table docs/operations.md` renews it."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from app.settings import described

_BETWEEN = re.compile(r"(?<=<!-- settings -->\n).*?(?=<!-- /settings -->)", re.DOTALL)


def table() -> str:
    """Every setting in Markdown."""
    rows = [
        f"| `{name}` | {f'`{default}`' if default else '–'} | {meaning} |" for name, default, meaning in described()
    ]
    return "\n".join(["| variable | default | meaning |", "|---|---|---|", *rows]) + "\n"


def renewed(text: str) -> str:
    """A page with its table as it has to be."""
    return _BETWEEN.sub(lambda _: table(), text)


if __name__ == "__main__":
    page = Path(sys.argv[1])
    page.write_text(renewed(page.read_text()))
