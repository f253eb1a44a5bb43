"""The consistency report as one HTML file that needs nothing else: summary, distributions, matches, what is left out."""

from __future__ import annotations

import base64
import importlib.util
import json
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

import polars as pl

# Matches that are drawn.
DRAWN = 4
_LIGHT = {"ok": ("ok", "within"), "off": ("off", "beyond"), "nothing to compare": ("none", "nothing told")}  # fmt: skip
_CSS = """
:root{color-scheme:light}body{font:15px/1.5 system-ui,sans-serif;color:#0f1722;background:#eef1f5;margin:0}
main{max-width:1240px;margin:0 auto;padding:28px 20px 60px}h1{font-size:26px;margin:0 0 4px}h2{font-size:19px;margin:36px 0 8px}
h3{font-size:16px;margin:4px 0 2px}p{margin:6px 0;max-width:100ch}.soft{color:#526071}
section{background:#fff;border:1px solid #d9dfe7;border-radius:10px;padding:14px 18px;margin:10px 0;overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:12.5px;font-variant-numeric:tabular-nums}
th{text-align:right;color:#526071;font-weight:600;border-bottom:2px solid #d9dfe7;padding:5px 6px;white-space:nowrap}
td{text-align:right;border-bottom:1px solid #e4e8ee;padding:4px 6px;white-space:nowrap}
th:first-child,td:first-child,.l{text-align:left}.wrap{white-space:normal}code{font-size:12px}
.light{display:inline-block;width:11px;height:11px;border-radius:50%;margin-right:7px;vertical-align:-1px}
.ok .light{background:#1f9d55}.off .light{background:#c81e2b}.none .light{background:#b4bdc9}
.off td{background:#fdecec}.banner{padding:12px 18px;border-radius:10px;font-weight:600;margin:14px 0}
.banner.ok{background:#e3f5ea;color:#0f5a30}.banner.off{background:#fdecec;color:#8d1119}
img{max-width:100%;height:auto;display:block}.two{display:flex;flex-wrap:wrap;gap:10px;align-items:flex-start}
.two img{flex:1 1 420px;min-width:0;max-width:49%}@media(max-width:800px){.two img{max-width:100%}}
"""


def require() -> None:
    """Raises UsageError where matplotlib is not installed."""
    if importlib.util.find_spec("matplotlib") is None:
        from app.errors import UsageError

        raise UsageError(
            "The report is drawn by matplotlib: pip install 'touchline[report]'. Without --out there is none."
        )


def write(folder: Path, report: str, units: Mapping[str, str] | None = None) -> Path:
    """Write `report.html` and `report.json` beside the Parquet files of a check, and give the page's path.

    folder: has `pairs/` and `shots/` (app.warehouse.consistency). report: the JSON of the check's Report.
    units: of each signal, for the axes.
    """
    (folder / "report.json").write_text(report + "\n", encoding="utf-8")
    path = folder / "report.html"
    path.write_text(page(json.loads(report), folder, units or {}), encoding="utf-8")
    return path


def page(report: Mapping[str, Any], folder: Path, units: Mapping[str, str]) -> str:
    """The page. Everything that comes from a feed is escaped."""
    off = [s for s in report["signals"] if s["verdict"] == "off"]
    compared = [s for s in report["signals"] if s["compared"]]
    failed = [m for m in report["matches"] if m["failed"]]
    kickoffs = sorted(m["kickoff_at"][:10] for m in report["matches"])
    said = f"{len(off)} of {len(report['signals'])} signals are beyond tolerance" if off else (
        f"All {len(compared)} signals that were told agree with the batch"
    )  # fmt: skip
    said += f"; {_count(len(failed), 'match', 'matches')} could not be computed" if failed else ""
    body = [
        "<h1>Consistency of the signals on the air</h1>",
        f'<p class="soft">{_count(len(report["matches"]), "match", "matches")}, kick-off {kickoffs[0]} to {kickoffs[-1]} · '
        f"{sum(s['compared'] for s in report['signals']):,} values compared · computed {report['computed_at'][:16].replace('T', ' ')} UTC</p>",
        f'<div class="banner {"off" if off or failed else "ok"}">{said}.</div>',
        "<p>Every value that was on the air is laid beside one that is computed from the whole log at once, by other code "
        "and from the definitions alone. They may differ by rounding, which is half a step (of win probability, whose three values add up, a whole one).</p>",
        "<h2>Summary</h2>",
        _summary(report["signals"]),
        _disagreements(off),
        "<h2>Distributions</h2>",
        '<p class="soft">Left: the values of both, in 30 bins. Right: how far each pair is apart (counts on a logarithmic '
        "scale); what lies outside the dashed lines is beyond tolerance.</p>",
        *_distributions(compared, folder, units),
        *_matches(report, off, folder),
        _left_out(report),
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Consistency of the signals on the air</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_CSS}</style></head><body><main>'
        f"{''.join(body)}</main></body></html>\n"
    )


def _count(n: int, one: str, many: str) -> str:
    return f"{n:,} {one if n == 1 else many}"


def _summary(signals: list[dict[str, Any]]) -> str:
    head = "".join(f"<th>{h}</th>" for h in (
        "signal", "compared", "matches", "step", "MAE", "largest", "allowed", "ρ", "τ-b", "top 10", "PSI",
        "KS", "only batch", "only on air", "verdict",
    ))  # fmt: skip
    rows = []
    for s in signals:
        kind, told = _LIGHT[s["verdict"]]
        cells = [
            f"{s['compared']:,}", f"{s['matches']:,}", f"{s['step']:g}", _tiny(s["mae"]), _tiny(s["max_abs"]),
            _tiny(s["tolerance"]["max_abs"]), _figure(s["spearman"]), _figure(s["kendall"]), _figure(s["top_overlap"], 2),
            _figure(s["psi"]), _figure(s["ks"]), f"{s['missing_on_air']:,}", f"{s['missing_in_batch']:,}",
        ]  # fmt: skip
        name = f'<span class="light"></span>{escape(s["sport"])}.<b>{escape(s["signal"])}</b>'
        rows.append(
            f'<tr class="{kind}"><td>{name}</td>{"".join(f"<td>{c}</td>" for c in cells)}<td class="l">{told}</td></tr>'
        )
    note = (
        '<p class="soft">MAE, largest and allowed are in the unit of the signal. ρ (Spearman) and τ-b (Kendall): 1 is the same '
        "order. Top 10: share of the ten highest values of a "
        "match that are among the ten highest of the batch. PSI and KS: shift of the distribution, 0 is none. Only batch, "
        "only on air: anchors at which the other side has no value.</p>"
    )
    return f"<section><table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>{note}</section>"


def _disagreements(off: list[dict[str, Any]]) -> str:
    worst = [w for s in off for w in s["worst"]]
    if not worst:
        return ""
    head = "".join(f'<th class="l">{h}</th>' for h in ("match", "signal", "subject", "said at", "minute"))
    rows = []
    for w in worst:
        minute = "–" if w["elapsed_s"] is None else f"{int(w['elapsed_s'] // 60)}"
        where = [w["match_id"], w["signal"], w["subject"], w["said_at"] or w["anchor"], minute]
        figures = "".join(f"<td>{_tiny(w[k])}</td>" for k in ("on_air", "batch", "difference"))
        told = "".join(f'<td class="l"><code>{escape(str(c))}</code></td>' for c in where)
        rows.append(f"<tr>{told}{figures}</tr>")
    return (
        "<h2>Where they disagree</h2><section><table><thead><tr>"
        f"{head}<th>on air</th><th>batch</th><th>difference</th></tr></thead><tbody>{''.join(rows)}</tbody></table></section>"
    )


def _distributions(signals: list[dict[str, Any]], folder: Path, units: Mapping[str, str]) -> list[str]:
    from analytics import consistency_plots as plots

    every = pl.scan_parquet(folder / "pairs" / "*.parquet")
    drawn = []
    for s in signals:
        own = every.filter((pl.col("sport") == s["sport"]) & (pl.col("signal") == s["signal"])).drop_nulls(
            ["on_air", "batch"]
        )
        both = own.select("on_air", "batch").collect()
        name = f"{s['sport']}.{s['signal']}"
        png = plots.distribution(
            name,
            units.get(name, "value"),
            both["on_air"].to_numpy(),
            both["batch"].to_numpy(),
            s["step"],
            s["tolerance"]["max_abs"],
        )
        drawn.append(f"<section>{_image(png, f'Distributions of {name}')}</section>")
    return drawn


def _matches(report: Mapping[str, Any], off: list[dict[str, Any]], folder: Path) -> list[str]:
    """The matches with the largest differences, else the newest; of soccer, whose shots and chances can be drawn."""
    from analytics import consistency_plots as plots

    blamed = [w["match_id"] for s in off for w in s["worst"]]
    newest = [m["match"] for m in reversed(report["matches"])]
    order = {match: place for place, match in reversed(list(enumerate(dict.fromkeys([*blamed, *newest]))))}
    chosen = [m for m in report["matches"] if m["sport"] == "soccer" and not m["failed"]]
    chosen = sorted(chosen, key=lambda m: order[m["match"]])[:DRAWN]
    found = ["<h2>Matches</h2>"] if chosen else []
    if len(chosen) < len(report["matches"]):
        which = "those with differences first, else the newest"
        found.append(f'<p class="soft">{len(chosen)} of {len(report["matches"])} are drawn: {which}.</p>')
    for m in chosen:
        home, away = m["home"] or "home", m["away"] or "away"
        pairs = pl.scan_parquet(folder / "pairs" / "*.parquet").filter(pl.col("match_id") == m["match"])
        wp = pairs.filter(pl.col("signal") == "win_probability").collect()
        shots = pl.scan_parquet(folder / "shots" / "*.parquet", missing_columns="insert")
        of_match = shots.filter(pl.col("match_id") == m["match"]).collect()
        pictures = [_image(plots.chances(wp, home, away), f"Win probability of {home} and {away}")] if len(wp) else []
        if len(of_match):
            pictures.append(_image(plots.shots(of_match, home, away), f"Shots of {home} and {away}"))
        score = "" if m["home_score"] is None else f" {m['home_score']} : {m['away_score']}"
        found.append(
            f"<section><h3>{escape(home)} – {escape(away)}{score}</h3>"
            f'<p class="soft"><code>{escape(m["match"])}</code>, {m["kickoff_at"][:10]}, {m["pairs"]:,} values compared</p>'
            f'<div class="two">{"".join(pictures)}</div></section>'
        )
    return found


def _left_out(report: Mapping[str, Any]) -> str:
    rows = [
        f'<tr><td>{escape(sport)}.{escape(signal)}</td><td class="l wrap">not covered: {escape(why)}</td></tr>'
        for sport, signals in report["not_covered"].items()
        for signal, why in sorted(signals.items())
    ]
    reasons: dict[tuple[str, str], int] = {}
    for m in report["matches"]:
        for signal, why in {**m["left_out"], **({"": m["failed"]} if m["failed"] else {})}.items():
            reasons[f"{m['sport']}.{signal}" if signal else m["match"], why] = (
                reasons.get((f"{m['sport']}.{signal}" if signal else m["match"], why), 0) + 1
            )
    rows += [
        f'<tr><td>{escape(what)}</td><td class="l wrap">{_count(n, "match", "matches")}: {escape(why)}</td></tr>'
        for (what, why), n in reasons.items()
    ]
    return (
        "<h2>What was not compared</h2><section><table><thead><tr><th>signal or match</th>"
        f'<th class="l">why</th></tr></thead><tbody>{"".join(rows)}</tbody></table></section>'
    )


def _image(png: bytes, alt: str) -> str:
    return f'<img alt="{escape(alt, quote=True)}" src="data:image/png;base64,{base64.b64encode(png).decode()}">'


def _figure(value: float | None, digits: int = 4) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _tiny(value: float | None) -> str:
    return "–" if value is None else f"{value:.2g}" if abs(value) < 0.01 else f"{value:.4f}"
