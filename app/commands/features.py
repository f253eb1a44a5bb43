"""`touchline features`: training rows out of the feature store, and what is declared."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.commands.terminal import Json, ready, run, say, to_json
from app.errors import UnreadableFile, UsageError
from app.settings import Settings

if TYPE_CHECKING:
    import polars as pl

    from app.db.pool import Pool

group = typer.Typer(help="Features of players, teams, matches and matchups.", no_args_is_help=True)
FORMATS = ("parquet", "csv")


@group.command("list")
def features_list(as_json: Json = False) -> None:
    """Every feature that the code declares, and the files that are refused."""
    ready()
    from app.sports.base import sports
    from app.sports.entity_features import KINDS, declared

    told: list[dict[str, Any]] = []
    refused: list[str] = []
    for sport in sports().values():
        what = declared(sport)
        refused += [str(refusal) for refusal in what.refused]
        for kind in KINDS:
            for feature, of in what.features(kind):
                about = {"feature": feature.name, "unit": feature.unit, "ttl_s": of.ttl_s}
                told.append(
                    {"sport": sport.name, "entity": kind, "group": of.name, **about, "about": feature.description}
                )
    if as_json:
        say(to_json({"features": told, "refused": refused}))
        return
    for f in told:
        say(f"{f['entity']:<8} {f['feature']:<24} {f['unit']:<14} {f['about']}")
    for line in refused:
        say(f"refused: {line}")


@group.command("export")
def features_export(
    entity: Annotated[str, typer.Option(help="match, team, player or matchup")] = "player",
    as_of: Annotated[str | None, typer.Option(help="every entity at this time (2018-08-18T20:15:00Z)")] = None,
    spine: Annotated[
        Path | None,
        typer.Option(help="CSV or Parquet with <entity>_id and event_timestamp: a row for each of its rows"),
    ] = None,
    form: Annotated[str, typer.Option("--format", help="parquet or csv")] = "parquet",
    out: Annotated[Path | None, typer.Option(help="file to write; else features-<entity>.<format>")] = None,
    as_seen: Annotated[
        bool, typer.Option("--as-seen", help="As it was known at each row's own time, not as it is finally known.")
    ] = False,
    feature: Annotated[list[str] | None, typer.Option(help="names of features; all of them without")] = None,
    sport: Annotated[str, typer.Option(help="the sport of the entities")] = "soccer",
    as_json: Json = False,
) -> None:
    """Write point-in-time rows: nothing in a row comes from after its time."""
    settings = ready()
    from app.commands.database import database
    from app.warehouse.feature_store import check_kind

    check_kind(entity)
    if form not in FORMATS:
        raise UsageError(f"--format {form} does not fit: {' or '.join(FORMATS)}.")
    if (as_of is None) == (spine is None):
        raise UsageError("Give either --as-of TIME or --spine FILE.")
    wanted = _Wanted(entity, sport, _moment(as_of), None if spine is None else _spine(spine, entity), as_seen, feature)
    with database(settings) as dsn:
        frame, waiting = run(_rows(settings, dsn, wanted))
    file = out or Path(f"features-{entity}.{form}")
    try:
        frame.write_parquet(file) if form == "parquet" else frame.write_csv(file)
    except OSError as exc:
        raise UnreadableFile(f"{file} cannot be written: {exc.strerror or exc}.") from None
    if as_json:
        say(to_json({"file": str(file), "rows": frame.height, "columns": frame.columns, "waiting": waiting}))
        return
    say(f"{file}: {frame.height:,} rows, {frame.width} columns.")
    if waiting:
        say(f"{waiting:,} versions of the log are not folded yet: another process is at it.")


class _Wanted:
    """What is to be written. spine: as it was read, its columns checked; else every entity at `moment`."""

    def __init__(
        self,
        kind: str,
        sport: str,
        moment: datetime | None,
        spine: pl.DataFrame | None,
        as_seen: bool,
        features: list[str] | None,
    ) -> None:
        self.kind = kind
        self.sport = sport
        self.moment = moment
        self.spine = spine
        self.as_seen = as_seen
        self.features = features


async def _rows(settings: Settings, dsn: str, wanted: _Wanted) -> tuple[pl.DataFrame, int]:
    """The rows, after what waits in the log is folded; and how many versions still wait because somebody else has them."""
    from app.commands.database import pool_of
    from app.db.sql import query
    from app.scoring.leases import worker_id
    from app.warehouse.feature_pipeline import PIPELINE, FeaturePipeline

    async with pool_of(dsn, "touchline-features") as pool:
        await FeaturePipeline(pool, worker_id()).drain()
        waiting = (await pool.fetchrow(query("backlog"), PIPELINE))["waiting_events"]
        return await _read(pool, wanted), waiting


async def _read(pool: Pool, wanted: _Wanted) -> pl.DataFrame:
    import polars as pl

    from app.warehouse.feature_store import Layouts
    from app.warehouse.feature_training import known_entities, training_rows

    layout = await Layouts(pool).of(wanted.sport)
    how: dict[str, Any] = {"as_seen": wanted.as_seen, "features": wanted.features}
    if wanted.spine is None:
        moment = wanted.moment or datetime.now(UTC)
        ids = await known_entities(pool, layout, wanted.kind, moment)
        return await training_rows(pool, layout, wanted.kind, ids, [moment] * len(ids), **how)
    spine = wanted.spine
    ids, moments = spine[f"{wanted.kind}_id"].to_list(), spine["event_timestamp"].to_list()
    rows = await training_rows(pool, layout, wanted.kind, ids, moments, **how)
    # What else the spine holds, a label above all, goes along.
    more = [name for name in spine.columns if name not in rows.columns]
    return pl.concat([spine.select(more), rows], how="horizontal") if more else rows


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise UsageError(f"--as-of {text} is no time with a UTC offset. Write it like 2018-08-18T20:15:00Z.")
    return found.astimezone(UTC)


def _spine(file: Path, kind: str) -> pl.DataFrame:
    """The spine as it is written, its times in UTC. Raises UnreadableFile, UsageError."""
    import polars as pl

    try:
        found = pl.read_parquet(file) if file.suffix == ".parquet" else pl.read_csv(file)
    except (OSError, pl.exceptions.PolarsError) as exc:
        form = "Parquet" if file.suffix == ".parquet" else "CSV"
        reason = (str(exc).strip() or type(exc).__name__).splitlines()[0][:200]
        raise UnreadableFile(f"{file} cannot be read as {form}: {reason}") from None
    for name in (f"{kind}_id", "event_timestamp"):
        if name not in found.columns:
            raise UsageError(f"{file} has no column '{name}'. It has: {', '.join(found.columns)}.")
    times = found["event_timestamp"]
    try:
        # As Feast has it: a time without an offset is in UTC.
        if times.dtype == pl.String:
            times = times.str.to_datetime(time_unit="us", time_zone="UTC")
        elif isinstance(times.dtype, pl.Datetime) and times.dtype.time_zone is None:
            times = times.dt.replace_time_zone("UTC")
        times = times.cast(pl.Datetime("us", "UTC"))
    except pl.exceptions.PolarsError as exc:
        raise UsageError(f"event_timestamp of {file} does not fit: {exc}") from None
    found = found.with_columns(times.alias("event_timestamp"), pl.col(f"{kind}_id").cast(pl.String))
    if found[f"{kind}_id"].null_count() or found["event_timestamp"].null_count():
        raise UsageError(f"{file} has rows without {kind}_id or event_timestamp.")
    return found
