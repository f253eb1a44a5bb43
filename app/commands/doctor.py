"""`touchline doctor` for people: one line a finding, what to do below it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from app.db.doctor import Finding
from app.sports.base import sports
from app.sports.loading import refused, signals

_MARKS = {True: "✓", False: "✗", None: " "}


def signal_files() -> Iterator[Finding]:
    """The files of signals: how many a sport has, and each that is refused."""
    for sport in sports().values():
        yield Finding("signals", sport.name, f"{len(signals(sport))} ({', '.join(signals(sport))})", True)
        for refusal in refused(sport):
            advice = "Mend the file, or take it away; the others are scored."
            yield Finding("signals", f"{refusal.file}:{refusal.line}", refusal.reason, False, advice)


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
