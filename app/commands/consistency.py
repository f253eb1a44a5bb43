"""`touchline consistency`: is what is on the air what a batch over the same log says?"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.commands.terminal import Json, ready, say, to_json

if TYPE_CHECKING:
    from app.db.pool import Pool
    from app.warehouse.consistency import Report


def consistency(
    match: Annotated[list[str] | None, typer.Option(help="one match; can be repeated; else every real one")] = None,
    since: Annotated[
        str | None, typer.Option(help="only matches that kicked off since then, such as 2018-07-16T00:00:00Z")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="folder for report.html and the pairs as Parquet; needs the extra 'report'")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, max=1024, help="how many matches are computed at a time")] = 1,
    ray: Annotated[
        str | None,
        typer.Option(help="compute on Ray: 'local', or the address of a cluster; needs the extra 'ray'"),
    ] = None,
    as_json: Json = False,
) -> None:
    """Compare the signals on the air with a batch over the log that shares nothing with the fold. Exit 1 beyond tolerance."""
    settings = ready()
    from app.commands.data import a_time
    from app.commands.parked import on_database
    from app.warehouse.consistency import check

    start = a_time(since, "--since")
    if out is not None:
        from analytics.consistency_report import require

        require()
    with tempfile.TemporaryDirectory(prefix="touchline-consistency-") as scratch:
        folder = _emptied(out) if out is not None else Path(scratch)

        async def look(pool: Pool, _dsn: str) -> Report:
            return await check(pool, folder, match or None, start, workers, ray)

        report: Report = on_database("consistency", settings, look)
        if out is not None:
            from analytics.consistency_report import write

            write(folder, to_json(report), _units())
        say(to_json(report) if as_json else render(report, out))
    if not report.sound:
        raise typer.Exit(1)


def _units() -> dict[str, str]:
    from app.sports.base import sports
    from app.sports.loading import signals

    every = [(name, s.spec) for name, sport in sports().items() for s in signals(sport).values()]
    return {f"{sport}.{spec.name}": spec.unit for sport, spec in every if spec.unit != "1"}


def _emptied(out: Path) -> Path:
    """The folder without the pairs of an earlier run: what is there afterwards is of this one."""
    for name in ("pairs", "shots"):
        for old in (out / name).glob("*.parquet"):
            old.unlink()
    return out


def render(report: Report, out: Path | None = None) -> str:
    """The report for people: a line a signal, and where it is off, where."""
    head = f"{'signal':32}{'compared':>10}{'MAE':>10}{'largest':>10}{'allowed':>10}{'rank':>8}{'missing':>9}  verdict"
    lines = [head]
    for s in report.signals:
        missing = s["missing_on_air"] + s["missing_in_batch"]
        figures = "".join(_figure(v) for v in (s["mae"], s["max_abs"], s["tolerance"]["max_abs"]))
        lines.append(
            f"{s['sport'] + '.' + s['signal']:32}{s['compared']:>10}{figures}{_figure(s['spearman'], 8, 4)}{missing:>9}  {s['verdict']}"
        )
        lines += [f"  {_where(w)}" for w in s["worst"]] if s["verdict"] == "off" else []
    for m in report.matches:
        if m.failed is not None:
            lines.append(f"{m.match}: could not be computed: {m.failed}")
        lines += [f"{m.match}: {signal} left out: {why}" for signal, why in m.left_out.items()]
    lines.append(f"{len(report.matches)} matches, {sum(m.pairs for m in report.matches)} pairs")
    return "\n".join(lines if out is None else [*lines, f"Report: {out / 'report.html'}"])


def _where(w: dict[str, Any]) -> str:
    clock = "" if w["elapsed_s"] is None else f", minute {int(w['elapsed_s'] // 60)}"
    anchor = w["said_at"] or w["anchor"]
    on_air, batch = (_figure(w[k], 0).strip() for k in ("on_air", "batch"))
    return f"{w['match_id']} {w['signal']} of {w['subject']} at {anchor}{clock}: on air {on_air}, batch {batch}"


def _figure(value: Any, width: int = 10, digits: int = 5) -> str:
    return f"{'-':>{width}}" if value is None else f"{value:>{width}.{digits}f}"
