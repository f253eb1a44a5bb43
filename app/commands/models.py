"""Commands about signals and models: what there is, training, quality."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from app.commands.terminal import Json, ready, say, to_json
from app.errors import UsageError


def signals_list(as_json: Json = False) -> None:
    """Every signal of this version: unit, range, when it is emitted. A file that is refused is told, with its line."""
    ready()
    import msgspec

    from app.sports.base import sports
    from app.sports.loading import refused
    from app.sports.loading import signals as signals_of

    found = [(sport, signal.spec) for sport in sports().values() for signal in signals_of(sport).values()]
    if as_json:
        say(to_json([{"sport": o.name, **msgspec.to_builtins(s), "events": sorted(s.events)} for o, s in found]))
    else:
        for sport, spec in found:
            when = ", ".join([*sorted(spec.events), *(["each minute"] if spec.minute else [])])
            what = f"{spec.title}; {spec.unit}, {spec.range[0]:g} to {spec.range[1]:g}; on {when}"
            say(f"{sport.name}.{spec.name}@{spec.version}  {what}")
    refusals = [r for sport in sports().values() for r in refused(sport)]
    for refusal in refusals:
        typer.echo(f"touchline: refused: {refusal}", err=True)
    if refusals:
        raise typer.Exit(1)


def train(
    model: Annotated[
        str, typer.Argument(help="action_value, gridiron, post_shot_xg, win_probability, xg, xg_freeze_frame, xt")
    ],
    data: Annotated[Path, typer.Option(help="folder with the training data (docs/models.md)")],
    store: Annotated[
        bool | None,
        typer.Option("--store/--no-store", help="record the run in the database; else only where one is in use"),
    ] = None,
    as_json: Json = False,
) -> None:
    """Train a model, write its file and record the run. One for research only is registered, too."""
    settings = ready()
    from analytics.train import TRAINERS
    from analytics.train import train as train_model
    from app.commands import training_history

    known = training_history.known(settings, model, store) if model in TRAINERS else {}
    trained = train_model(model, data, known=known)
    kept = training_history.keep(settings, trained, store)
    summary = {**trained.summary(), "data": trained.data, "run_id": kept.run_id}
    say(to_json(summary) if as_json else "\n".join(f"{k}: {_shown(v)}" for k, v in summary.items()))
    typer.echo(kept.said, err=True)


def _shown(value: Any) -> str:
    import msgspec

    return str(msgspec.to_builtins(value)) if isinstance(value, msgspec.Struct) else str(value)


def quality(
    data: Annotated[
        Path | None,
        typer.Option(help="folder with the evaluation data (docs/models.md); else what the models' cards say"),
    ] = None,
    signal: Annotated[str | None, typer.Option(help="one signal; else all that can be measured")] = None,
    resamples: Annotated[
        int, typer.Option(min=0, max=100_000, help="draws of matches behind the 95 % intervals; 0 for none")
    ] = 1000,
    store: Annotated[
        bool | None,
        typer.Option("--store/--no-store", help="keep the report in the database; else only where one is in use"),
    ] = None,
    history: Annotated[bool, typer.Option("--history", help="show the reports that were kept")] = False,
    as_json: Json = False,
) -> None:
    """Measure signals on matches that no model was trained on."""
    settings = ready()
    from app.commands import quality_history

    if history:
        kept = quality_history.kept(settings, signal)
        say(to_json(kept) if as_json else quality_history.render(kept))
        return
    if store and data is None:
        raise UsageError("Without --data nothing is measured, and only what was measured is stored.")
    from analytics.quality import render
    from analytics.quality import run as run_quality

    report = run_quality(data, signal, resamples)
    say(to_json(report) if as_json else render(report))
    if data is not None:
        typer.echo(quality_history.keep(settings, report, store), err=True)
