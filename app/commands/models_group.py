"""`touchline models`: which versions the registry has, and the trainings that made them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.terminal import Json, ready, say, to_json

if TYPE_CHECKING:
    from app.db.pool import Pool
    from app.warehouse.training_runs import Registered, Run

group = typer.Typer(help="Models: versions that are registered, and trainings.", no_args_is_help=True)
Of = Annotated[str | None, typer.Argument(help="one model; else all")]
Which = Annotated[str, typer.Argument(help="number of a run, or a version of a model for its newest: xg@2")]


@group.command("list")
def models_list(model: Of = None, as_json: Json = False) -> None:
    """Every version of a model that is registered: licence, the run that made it, the signals that are bound to it."""
    from app.commands.parked import on_database

    async def look(pool: Pool, _dsn: str) -> list[Registered]:
        from app.warehouse.training_runs import registered

        return await registered(pool, model)

    found = on_database("models", ready(), look)
    if as_json:
        say(to_json(found))
        return
    for m in found:
        made = "no run known" if m.run_id is None else f"run {m.run_id}"
        licence = f"{m.licence or 'licence unknown'}{', research only' if m.research_only else ''}"
        say(f"{m.model}@{m.version}  {m.sha256[:12]}, {made}, {licence}; {', '.join(m.signals) or 'no signal'}")
    if not found:
        say("No model is registered. `touchline signals deploy` registers that of a signal.")


@group.command("runs")
def models_runs(model: Of = None, as_json: Json = False) -> None:
    """The trainings that were recorded, newest first."""
    from app.commands.parked import on_database

    async def look(pool: Pool, _dsn: str) -> list[Run]:
        from app.warehouse.training_runs import runs

        return await runs(pool, model)

    found = on_database("models", ready(), look)
    if as_json:
        say(to_json(found))
        return
    for r in found:
        figures = ", ".join(
            f"{k} {r.metrics[k]:.4f}" for k in ("log_loss", "auc", "rps") if r.metrics.get(k) is not None
        )
        say(
            f"{r.run_id:>5}  {r.trained_at:%Y-%m-%d %H:%M}  {r.label:22} {r.n_train:>9} rows  data {r.data_sha256[:8]} "
            f"({', '.join(r.data_sets)}, {r.data_files} files)  {figures or 'no common figure'}  {r.code_version}"
            f"{'  research only' if r.research_only else ''}"
        )
    if not found:
        say("No training was recorded. `touchline train MODEL --data FOLDER --store` trains and records one.")


@group.command("compare")
def models_compare(a: Which, b: Which, as_json: Json = False) -> None:
    """Compare two trainings: what differs in data, settings, parameters and metrics."""
    from app.commands.parked import on_database

    async def look(pool: Pool, _dsn: str) -> tuple[Run, Run]:
        from app.warehouse.training_runs import run_named

        return await run_named(pool, a), await run_named(pool, b)

    import msgspec

    from analytics.runs import compare, render

    first, second = on_database("models", ready(), look)
    found = compare(msgspec.structs.asdict(first), msgspec.structs.asdict(second))
    say(to_json(found) if as_json else render(found))
