"""`touchline matches close-gap`: messages that a provider has numbered, and that will never come."""

from __future__ import annotations

from typing import Annotated

import typer

from app.commands.parked import Match, Reason, on_database, principal
from app.commands.terminal import Json, ready, say, to_json


def matches_close_gap(
    match: Match,
    reason: Reason,
    provider: Annotated[str | None, typer.Option(help="holes of this provider only; else of all")] = None,
    highest: Annotated[
        int | None,
        typer.Option(min=0, max=2**53, help="number of the last message that really came; after an absurd one"),
    ] = None,
    as_json: Json = False,
) -> None:
    """Give up the open holes in a match's message numbers; kept in ops.audit."""
    from app.log.gaps import close_gaps

    done = on_database(
        "close-gap", ready(), lambda pool, _: close_gaps(pool, match, reason, principal(), provider, highest)
    )
    if as_json:
        say(to_json(done))
        return
    for c in done:
        holes = f"{c.holes} hole{'' if c.holes == 1 else 's'}"
        between = f" ({c.messages:,} messages between {c.first} and {c.last})" if c.holes else ""
        say(f"{match}, {c.provider}: {holes} given up{between}; counting goes on after {c.high}.")
