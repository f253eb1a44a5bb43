# A notebook of marimo: plain Python, where the last line of a cell is what it shows. How to open it: docs/analysts.md.
# ruff: noqa: B018, PLR1711

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="A match, in SQL and Python")


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    # A match, in SQL and Python

    What an analyst can ask of Touchline, from nothing: a connection that only reads, a list of matches, win probability and
    shots of one of them, a question by name, and the same data as files for DuckDB. Change whatever you like: what depends on a
    cell is computed anew with it.
    """)
    return


@app.cell
def _():
    import os
    import sys
    import tempfile
    from pathlib import Path

    import duckdb
    import marimo as mo
    import polars as pl
    import psycopg
    from matplotlib.figure import Figure

    # The clone that this notebook lies in: its `app` is neither installed nor has it to be.
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    return Figure, Path, duckdb, mo, os, pl, psycopg, tempfile


@app.cell
def _(mo, os, psycopg):
    from app import settings
    from app.db import embedded

    # ANALYST says which database; else it is the one that `scripts/run` or `touchline db start` has started in this clone.
    _own = embedded.status(settings.load()).dsn
    address = os.environ.get("ANALYST") or (_own and _own.replace("//touchline@", "//touchline_analyst@"))
    _help = "Start one with `scripts/run`, or set `ANALYST` to a URL as in docs/analysts.md; then run all anew."
    mo.stop(address is None, mo.md(f"**No database runs in this clone.** {_help}"))
    try:
        connection = psycopg.connect(address, autocommit=True)
    except psycopg.OperationalError as _exc:
        mo.stop(True, mo.md(f"**The database cannot be reached:** {str(_exc).strip().splitlines()[0]}. {_help}"))
    mo.md(f"Connected as `{connection.info.user}`, which reads dimensions, facts and rollups, and nothing else.")
    return address, connection


@app.cell
def _(connection, pl):
    def ask(sql, *values):
        """The rows of a statement as a data frame; %s stands for a value."""
        cursor = connection.execute(sql, values)
        names = [column.name for column in cursor.description]
        return pl.DataFrame(cursor.fetchall(), schema=names, orient="row", infer_schema_length=None)

    return (ask,)


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    ## Matches

    All real ones of soccer, the newest first; replays and simulations are left out.
    """)
    return


@app.cell
def _(ask, mo):
    matches = ask("""
        SELECT m.match_id, m.kickoff_at, coalesce(h.name, 'home') AS home, m.home_score, m.away_score,
               coalesce(a.name, 'away') AS away, m.status, m.competition, m.season
        FROM dim_match m LEFT JOIN dim_team h ON h.team_key = m.home_team_key LEFT JOIN dim_team a ON a.team_key = m.away_team_key
        WHERE m.is_real AND m.sport = 'soccer' ORDER BY m.kickoff_at DESC, m.match_id
    """)
    mo.stop(
        matches.is_empty(),
        mo.md("**There is no match yet.** `scripts/run` brings two; README.md says how to feed your own."),
    )
    matches
    return (matches,)


@app.cell
def _(matches, mo):
    _named = {
        f"{m['home']} - {m['away']}, {m['kickoff_at']:%Y-%m-%d} ({m['match_id']})": m["match_id"]
        for m in matches.to_dicts()
    }
    chosen = mo.ui.dropdown(options=_named, value=next(iter(_named)), label="Match")
    chosen
    return (chosen,)


@app.cell
def _(chosen, matches, pl):
    match = matches.filter(pl.col("match_id") == chosen.value).row(0, named=True)
    return (match,)


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    ## Win probability
    """)
    return


@app.cell
def _(Figure, ask, match, pl):
    forecast = ask(
        """
        SELECT period, elapsed_s / 60 AS minute, subject, value FROM fact_signal
        WHERE match_id = %s AND signal = 'win_probability' AND value IS NOT NULL ORDER BY period, elapsed_s, order_key
        """,
        match["match_id"],
    )
    # A value is told when it changes: until then the one before holds.
    _held = forecast.pivot("subject", index=["period", "minute"], values="value", aggregate_function="last")
    _held = _held.with_columns(pl.exclude("period", "minute").forward_fill())
    win_probability = Figure(figsize=(9, 3.6), layout="constrained")
    _axes = win_probability.add_subplot()
    _looks = {"home": (match["home"], "#1f6feb"), "draw": ("draw", "#8b949e"), "away": (match["away"], "#d1242f")}
    # A line for each period: the clock of the second half begins before that of the first one has ended.
    for _number, (_, _part) in enumerate(_held.group_by("period", maintain_order=True)):
        for _subject, (_name, _colour) in _looks.items():
            _axes.step(_part["minute"], _part[_subject], where="post", color=_colour, label=None if _number else _name)
    _axes.set(xlabel="minute", ylabel="probability", ylim=(0, 1), xlim=(0, None))
    _axes.set_title(f"{match['home']} {match['home_score']}:{match['away_score']} {match['away']}")
    _axes.legend(loc="upper left", ncols=3)
    win_probability
    return forecast, win_probability


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    ## Shots

    The home team attacks to the right. The larger, the better the chance (xG); goals are filled.
    """)
    return


@app.cell
def _(Figure, ask, match):
    shots = ask(
        """
        SELECT t.name AS team, s.team_key = m.home_team_key AS is_home, p.name AS player, floor(s.elapsed_s / 60)::integer AS minute,
               s.x_m, s.y_m, s.xg, s.is_goal, s.outcome
        FROM fact_shot s JOIN dim_match m USING (match_key) LEFT JOIN dim_team t USING (team_key) LEFT JOIN dim_player p USING (player_key)
        WHERE s.match_id = %s AND NOT s.is_shootout AND s.xg IS NOT NULL ORDER BY s.period, s.elapsed_s
        """,
        match["match_id"],
    )
    shot_map = Figure(figsize=(9, 6), layout="constrained")
    _pitch = shot_map.add_subplot(aspect="equal")
    for _x, _width, _height in (
        (0, 105, 68),
        (0, 16.5, 40.32),
        (88.5, 16.5, 40.32),
        (0, 5.5, 18.32),
        (99.5, 5.5, 18.32),
    ):
        _y = (68 - _height) / 2
        _pitch.plot(
            [_x, _x + _width, _x + _width, _x, _x], [_y, _y, _y + _height, _y + _height, _y], color="#8b949e", lw=1
        )
    _pitch.plot([52.5, 52.5], [0, 68], color="#8b949e", lw=1)
    for _shot in shots.to_dicts():
        # Both teams attack towards +x, and y counts from their left touchline.
        _at = (_shot["x_m"], 68 - _shot["y_m"]) if _shot["is_home"] else (105 - _shot["x_m"], _shot["y_m"])
        _colour = "#1f6feb" if _shot["is_home"] else "#d1242f"
        _pitch.scatter(
            *_at,
            s=30 + 900 * _shot["xg"],
            edgecolors=_colour,
            facecolors=_colour if _shot["is_goal"] else "none",
            alpha=0.8,
        )
    _pitch.text(2, 70, match["away"], color="#d1242f")
    _pitch.text(103, 70, match["home"], color="#1f6feb", ha="right")
    _pitch.set_axis_off()
    shot_map
    return shot_map, shots


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    ## A question by name

    `touchline kpi` lists all of them. Each is a file of `sql/kpi`; here one is asked over the connection of this notebook.
    """)
    return


@app.cell
def _(connection, match, pl, psycopg):
    from app.warehouse.kpi import named

    question = named("match_report")
    _cursor = psycopg.RawCursor(connection).execute(question.text, question.values({"match": match["match_id"]}))
    report = pl.DataFrame(
        _cursor.fetchall(),
        schema=[column.name for column in _cursor.description],
        orient="row",
        infer_schema_length=None,
    )
    report
    return (report,)


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    ## Files, and DuckDB over them

    What `touchline export fact_shot dim_player --out season` writes, here into a folder that goes away with the notebook.
    """)
    return


@app.cell
async def _(Path, address, matches, tempfile):
    from app.commands.export import exported
    from app.warehouse.export import Wanted

    season = tempfile.TemporaryDirectory(prefix="touchline-season-")
    _wanted = Wanted(("fact_shot", "dim_player"), since=matches["kickoff_at"].min())
    written = await exported(address, Path(season.name), _wanted)
    return season, written


@app.cell
def _(duckdb, pl, season, written):
    _found = duckdb.sql(f"""
        SELECT p.name, count(*) AS shots, count(*) FILTER (WHERE s.is_goal) AS goals, round(sum(s.xg), 2) AS xg
        FROM read_parquet('{season.name}/fact_shot/**/*.parquet', hive_partitioning = true) s
        JOIN read_parquet('{season.name}/dim_player/*.parquet') p USING (player_key)
        WHERE NOT s.is_shootout GROUP BY ALL ORDER BY xg DESC, name LIMIT 10
    """)  # noqa: S608
    print(", ".join(f"{table.table}: {table.rows} rows" for table in written))
    best = pl.DataFrame(_found.fetchall(), schema=_found.columns, orient="row")
    best
    return (best,)


if __name__ == "__main__":
    app.run()
