"""What is on the air beside what the batch computes over the same log: pairs, figures, verdicts. Frames in, frames out."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import polars as pl

from analytics.agreement import agreement, top_overlap

OK, OFF, NOTHING = "ok", "off", "nothing to compare"
# What is on the air of a match: one row a stored value of a signal that the batch covers.
ON_AIR = {
    "signal": pl.String,
    "subject": pl.String,
    "anchor": pl.String,
    "value": pl.Float64,
    "step": pl.Float64,
    "additive": pl.Boolean,
}
PAIRS = {
    "signal": pl.String,
    "subject": pl.String,
    "anchor": pl.String,
    "said_at": pl.String,
    "period": pl.Int64,
    "elapsed_s": pl.Float64,
    "on_air": pl.Float64,
    "batch": pl.Float64,
}
TOLERANCES = Path(__file__).parent / "tolerances.toml"
SHOWN = 10


class Tolerance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the batch computes, and how far a signal may be from it. version: of the signal. max_abs, mae: in its unit.
    missing: share of the anchors at which only one of them has a value."""

    version: int
    max_abs: float
    mae: float
    missing: float = 0.0


def tolerances(path: Path = TOLERANCES) -> dict[str, dict[str, Tolerance]]:
    """By sport and signal. Errors: msgspec.ValidationError for a row that is none, OSError without the file."""
    return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), dict[str, dict[str, Tolerance]])


def pairs(on_air: pl.DataFrame, batch: pl.DataFrame) -> pl.DataFrame:
    """What was on the air at each anchor, beside what the batch says there (columns of PAIRS).

    on_air: columns of ON_AIR, of one match. batch: `analytics.batch.log.VALUES` of it. A value that is not additive is on
    the air until the next one of its subject: `said_at` is the anchor that it was said at. `on_air` is null where nothing
    is on the air, `batch` where the batch has nothing to say, or has no such anchor.
    """
    on_air = on_air.filter(pl.col("signal").is_in(batch["signal"].unique().implode()))
    placed = on_air.join(
        batch.select("signal", "anchor", "rank", "period", "elapsed_s").unique(["signal", "anchor"]),
        on=["signal", "anchor"],
        how="left",
    )
    key = ["signal", "subject", "anchor"]
    # Nowhere in the batch: what the log no longer holds, or no signal speaks at.
    stray = placed.filter(pl.col("rank").is_null())
    running = placed.filter(~pl.col("additive") & pl.col("rank").is_not_null())
    sums = placed.filter(pl.col("additive") & pl.col("rank").is_not_null())
    of_sums = on_air.filter("additive")["signal"].unique().implode()
    every = batch.join(
        running.join(batch.select(key), on=key, how="anti").select(batch.drop("value").columns), on=batch.drop("value").columns, how="full", coalesce=True
    )  # fmt: skip
    held = (
        every.filter(~pl.col("signal").is_in(of_sums))
        .sort("rank")
        .join_asof(
            running.select("signal", "subject", "rank", on_air="value", said_at="anchor").sort("rank"),
            on="rank",
            by=["signal", "subject"],
            strategy="backward",
            check_sortedness=False,
        )
    )
    at_once = every.filter(pl.col("signal").is_in(of_sums)).join(
        sums.select(*key, on_air="value", said_at="anchor"), on=key, how="full", coalesce=True
    )
    missing = sums.join(batch.select(key), on=key, how="anti").select(*key, "period", "elapsed_s")
    at_once = at_once.update(missing, on=key, how="left")
    lost = stray.select(*key, on_air="value", said_at="anchor")
    found = pl.concat([held, at_once, lost], how="diagonal").rename({"value": "batch"})
    return found.sort("signal", "rank", "subject", nulls_last=True).select(pl.col(c).cast(t) for c, t in PAIRS.items())


def judged(pairs: pl.DataFrame, steps: Mapping[str, float], limits: Mapping[str, Tolerance]) -> list[dict[str, Any]]:
    """A row a signal with its figures and verdict.

    pairs: columns of PAIRS and `match_id`, of one sport. steps: what each signal is rounded to. limits: of each signal that
    the batch covers. Gives signal, step, matches, compared, mae, max_abs, spearman, kendall, top_overlap (mean over
    matches with more than ten values), psi, ks, missing_on_air, missing_in_batch, beyond (how many are apart by more than
    max_abs allows), tolerance, verdict, and `worst`: the largest differences and what is missing, by where it was said.
    """
    rows = []
    for signal, limit in sorted(limits.items()):
        own = pairs.filter(pl.col("signal") == signal)
        step = steps.get(signal, 1e-9)
        both = own.drop_nulls(["on_air", "batch"])
        a, b = both["on_air"].to_numpy(), both["batch"].to_numpy()
        tops = [top_overlap(m["on_air"].to_numpy(), m["batch"].to_numpy(), step) for m in both.partition_by("match_id")]
        known = [t for t in tops if t is not None]
        only_batch = own.filter(pl.col("on_air").is_null() & pl.col("batch").is_not_null())
        only_air = own.filter(pl.col("on_air").is_not_null() & pl.col("batch").is_null())
        row: dict[str, Any] = {
            "signal": signal,
            "step": step,
            "matches": own["match_id"].n_unique(),
            "compared": len(both),
            **agreement(a, b, step),
            "top_overlap": float(np.mean(known)) if known else None,
            "missing_on_air": len(only_batch),
            "missing_in_batch": len(only_air),
            "beyond": int(np.sum(np.abs(a - b) > limit.max_abs)),
            "tolerance": msgspec.structs.asdict(limit),
            "worst": _worst(own, limit),
        }
        rows.append({**row, "verdict": _verdict(row, limit)})
    return rows


def _verdict(row: Mapping[str, Any], limit: Tolerance) -> str:
    missing = row["missing_on_air"] + row["missing_in_batch"]
    if not row["compared"] and not missing:
        return NOTHING
    apart = row["compared"] and (row["max_abs"] > limit.max_abs or row["mae"] > limit.mae)
    return OFF if apart or missing > limit.missing * (row["compared"] + missing) else OK


def _worst(own: pl.DataFrame, limit: Tolerance) -> list[dict[str, Any]]:
    """The largest differences beyond what is allowed, one a value on the air, and what is missing on either side."""
    apart = (pl.col("on_air") - pl.col("batch")).alias("difference")
    one_sided = pl.col("on_air").is_null() != pl.col("batch").is_null()
    found = (
        own.with_columns(apart)
        .filter(one_sided | (pl.col("difference").abs() > limit.max_abs))
        .with_columns(size=pl.col("difference").abs().fill_null(float("inf")))
        .sort("size", descending=True, maintain_order=True)
        .unique(["match_id", "subject", "said_at"], keep="first", maintain_order=True)
    )
    columns = ["match_id", "signal", "subject", "anchor", "said_at", "period", "elapsed_s", "on_air", "batch"]
    return found.select(*columns, "difference").head(SHOWN).to_dicts()
