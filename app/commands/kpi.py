"""`touchline kpi`: named questions about matches and seasons."""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.commands.terminal import Json, ready, say, to_json
from app.errors import UsageError

if TYPE_CHECKING:
    from app.db.pool import Pool

# Which options there are is said by the question's own file.
OPEN = {"allow_extra_args": True, "ignore_unknown_options": True}


def kpi(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(help="Which question; without one, all are listed.")] = None,
    as_json: Json = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
) -> None:
    """Answer a named question: `touchline kpi league_table --competition "La Liga"`. Without a name: which there are."""
    settings = ready()
    from app.commands.parked import on_database
    from app.warehouse.kpi import answer, declared, named

    if as_json and as_csv:
        raise UsageError("Ask for --json or for --csv, not for both.")
    if name is None or name.startswith("-"):
        if name is not None or context.args:
            raise UsageError("Name the question before its parameters; `touchline kpi` lists them.")
        _list(declared().values(), as_json)
        return
    question = named(name)
    values = question.values(_given(context.args))

    async def ask(pool: Pool, _dsn: str) -> list[dict[str, Any]]:
        return await answer(pool, question, values)

    rows = on_database("kpi", settings, ask)
    if as_json:
        say(to_json({"kpi": name, "items": rows}))
    elif as_csv:
        if rows:
            writer = csv.writer(sys.stdout)
            writer.writerow(rows[0])
            writer.writerows(row.values() for row in rows)
    else:
        say(question.about)
        say(table(rows))


def _list(questions: Any, as_json: bool) -> None:
    from app.warehouse.kpi import shown

    if as_json:
        say(to_json({"items": [shown(q) for q in questions]}))
        return
    for q in questions:
        say(f"{q.name}\n    {q.about}")
        for p in q.parameters:
            default = " (required)" if p.required else "" if p.default is None else f" ({p.default})"
            say(f"    --{p.name.replace('_', '-')} {p.type.upper()}{default}: {p.meaning}")


def _given(words: Sequence[str]) -> dict[str, str]:
    """`--name value` and `--name=value`. Raises UsageError."""
    given: dict[str, str] = {}
    left = list(words)
    while left:
        word = left.pop(0)
        option, equals, value = word.partition("=")
        if not option.startswith("--") or (not equals and not left):
            raise UsageError(f"'{word}' does not fit: parameters are --name value.")
        given[option.removeprefix("--").replace("-", "_")] = value if equals else left.pop(0)
    return given


def table(rows: Sequence[dict[str, Any]]) -> str:
    """Rows for people: aligned columns, numbers to the right, at most three places behind the point."""
    if not rows:
        return "no rows"
    names = list(rows[0])
    cells = [[_cell(row[name]) for name in names] for row in rows]
    widths = [max(len(name), *(len(line[i]) for line in cells)) for i, name in enumerate(names)]
    right = [all(isinstance(row[name], int | float | None) for row in rows) for name in names]

    def line(words: Sequence[str]) -> str:
        pairs = zip(words, widths, right, strict=True)
        return "  ".join(w.rjust(n) if r else w.ljust(n) for w, n, r in pairs).rstrip()

    return "\n".join([line(names), *(line(c) for c in cells)])


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.3f}"
    return f"{value:%Y-%m-%d %H:%M}" if hasattr(value, "hour") else str(value)
