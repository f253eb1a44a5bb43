"""`touchline doctor` for people: one line a finding, what to do below it."""

from __future__ import annotations

from collections.abc import Sequence

from app.db.doctor import Finding

_MARKS = {True: "✓", False: "✗", None: " "}


def render(findings: Sequence[Finding]) -> str:
    """The findings under their areas; the advice of what is wrong follows at once."""
    lines: list[str] = []
    area = ""
    for finding in findings:
        if finding.area != area:
            area = finding.area
            lines.append(area)
        lines.append(f"  {_MARKS[finding.ok]} {finding.name:<28} {finding.value}")
        if finding.advice:
            lines.append(f"      {'→ ' if finding.ok is False else ''}{finding.advice}")
    wrong = sum(f.ok is False for f in findings)
    lines.append("everything needed is here" if not wrong else f"{wrong} to be mended, see → above")
    return "\n".join(lines)
