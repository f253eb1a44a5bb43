"""`touchline monitor`: have the signals or their inputs moved, and do their probabilities still come true?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.commands.terminal import Json, ready, say, to_json

if TYPE_CHECKING:
    from app.db.pool import Pool
    from app.warehouse.monitoring import Report


def monitor(
    signal: Annotated[str | None, typer.Option(help="one signal; else every live one")] = None,
    recent: Annotated[
        int | None,
        typer.Option(
            min=1, max=36_500, help="the recent matches are those of so many days; else TOUCHLINE_DRIFT_RECENT_DAYS"
        ),
    ] = None,
    until: Annotated[
        str | None, typer.Option(help="end of the recent days, such as 2018-07-16T00:00:00Z; else now")
    ] = None,
    as_json: Json = False,
) -> None:
    """Compare the signals of recent matches with those before, and probabilities with what happened."""
    settings = ready()
    from app.commands.data import a_time
    from app.commands.parked import on_database
    from app.warehouse.monitoring import monitor as run_monitor

    end = a_time(until, "--until")

    async def look(pool: Pool, _dsn: str) -> Report:
        return await run_monitor(pool, settings, signal, recent, end)

    report: Report = on_database("monitor", settings, look)
    say(to_json(report) if as_json else render(report))


def render(report: Report) -> str:
    """The report for people."""
    days = f"{report.since:%Y-%m-%d %H:%M} to {report.until:%Y-%m-%d %H:%M} UTC"
    lines = [
        f"{report.recent_matches} recent matches ({days}) beside {report.reference_matches} before them",
        f"{'drift':40}{'matches':>10}{'n':>9}{'before':>9}{'PSI':>8}{'KS':>8}{'KL':>8}{'JS':>8}{'p':>8}  verdict",
    ]
    for r in report.drift:
        name = " ".join(filter(None, (f"{r['signal']}@{r['version']}", r["series"])))
        figures = "".join(_figure(r[k]) for k in ("psi", "ks", "kl", "js", "p"))
        lines.append(
            f"{name:40}{r['matches_recent']:>10}{r['n_recent']:>9}{r['n_reference']:>9}{figures}  {r['verdict']}"
        )
    if report.calibration:
        lines.append(
            f"{'calibration':40}{'matches':>10}{'n':>9}{'mean p':>9}{'observed':>9}{'log loss':>9}{'ECE':>8}{'p':>8}  verdict"
        )
    for r in report.calibration:
        name = " ".join(filter(None, (f"{r['signal']}@{r['version']}", r["series"], f"({r['window']})")))
        figures = "".join(_figure(r[k], 9) for k in ("mean_p", "observed", "log_loss")) + _figure(r["ece"])
        lines.append(f"{name:40}{r['matches']:>10}{r['n']:>9}{figures}{_figure(r['p'])}  {r['verdict']}")
    return "\n".join(lines)


def _figure(value: Any, width: int = 8) -> str:
    return f"{'-':>{width}}" if value is None else f"{value:>{width}.4f}"
