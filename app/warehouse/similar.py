"""Which moments of other attacks are like this one: the question is placed from the log as it is now, the answers are stored."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from app.db.pool import Pool
from app.db.sql import query
from app.errors import UsageError
from app.log.read import MatchRow, match_row, read_current
from app.sports.base import sports
from app.sports.similar import Embedding, Moment, embedding_of, similarity

if TYPE_CHECKING:
    from app.warehouse.vectors import Near, Vectors

MAX_LIMIT = 100
# While a new version of an embedding takes the place of an old one, rows of the old one are passed over.
SPARE = 20


class UnknownEvent(UsageError):
    """No match has an event of this id."""

    status = 404
    title = "Unknown event"


class NoMoment(UsageError):
    """The event is there, and belongs to no attack that could be compared."""

    status = 422
    title = "No moment to compare"


class NoEmbedding(UsageError):
    """The sport of the event has no embedding."""

    status = 422
    title = "This sport is not compared"


class Question(msgspec.Struct, frozen=True):
    """event: a source event id; any event of an attack means the attack, a shot means itself. match: whose event it is; needed
    where several matches have one of this id. limit: most answers. The others narrow the answers: competition by name, since
    and until on the wall (inclusive), team and player by id (a player who touched the ball in it)."""

    event: str
    match: str | None = None
    limit: int = 10
    competition: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    team: str | None = None
    player: str | None = None


class Similar:
    """Answers questions. Its connections are opened by the first."""

    def __init__(self, pool: Pool, dsn: str) -> None:
        self._pool = pool
        self._dsn = dsn
        self._opened: dict[str, Vectors] = {}

    async def close(self) -> None:
        """Give the connections back."""
        for vectors in self._opened.values():
            await vectors.close()

    async def ask(self, question: Question) -> dict[str, Any]:
        """The moment that is meant (`event`, `match`, `what`, …) and its neighbours (`items`), the most alike first.

        Raises UnknownEvent, UnknownMatch, NoMoment, NoEmbedding, UsageError (several matches; since after until), NoVectors.
        """
        if question.since is not None and question.until is not None and question.since > question.until:
            raise UsageError("`after` is later than `before`: nothing lies between them.")
        match = await self._match_of(question)
        embedding = embedding_of(sports()[match.sport])
        if embedding is None:
            raise NoEmbedding(
                f"Moments of {sports()[match.sport].title.lower()} cannot be compared: the sport has no embedding "
                f"(app/sports/{match.sport}/similar.py)."
            )
        meant = await self._moment_of(match, embedding, question.event)
        near = await self._near(match, embedding, meant, question)
        xg = await self._xg(
            [(match.match_id, meant.event), *((n.metadata["match"], n.metadata["event"]) for n in near)]
        )
        asked = {"match": match.match_id, "event": meant.event, "competition": meant.competition, "team": meant.team}
        asked |= {"period": meant.period, "elapsed_s": meant.elapsed_s}
        return {
            "embedding": embedding.name,
            **_shown(asked, meant.what, match.sport, xg),
            "items": [
                _shown(n.metadata, n.contents, match.sport, xg)
                | {"distance": round(n.distance, 4), "similarity": round(similarity(n.distance), 4)}
                for n in near
            ],
        }

    async def _match_of(self, question: Question) -> MatchRow:
        if question.match is not None:
            await match_row(self._pool, question.match)
        found = await self._pool.fetch(query("similar_matches_of_event"), question.event, question.match)
        where = "No match" if question.match is None else f"Match '{question.match}'"
        if not found:
            raise UnknownEvent(f"{where} has {'an' if question.match is None else 'no'} event '{question.event}'.")
        real = [r["match_id"] for r in found if r["is_real"]] or [r["match_id"] for r in found]
        if len(real) > 1:
            raise UsageError(
                f"Several matches have an event '{question.event}': say which with match ({', '.join(real)})."
            )
        return await match_row(self._pool, real[0])

    async def _moment_of(self, match: MatchRow, embedding: Embedding, event: str) -> Moment:
        events = await read_current(self._pool, match)
        if all(e.source_event_id != event for e in events):
            raise NoMoment(
                f"Event '{event}' of match '{match.match_id}' does not hold any more: it was retracted or skipped."
            )
        for moment in await asyncio.to_thread(embedding.moments, events):
            if event in moment.events:
                return moment
        raise NoMoment(
            f"Event '{event}' of match '{match.match_id}' belongs to no attack whose place is told: ask for a shot, a pass or "
            "another action with the ball."
        )

    async def _near(self, match: MatchRow, embedding: Embedding, meant: Moment, question: Question) -> list[Near]:
        vectors = await self._vectors(embedding)
        where: dict[str, Any] = {}
        for name in ("competition", "team"):
            if (value := getattr(question, name)) is not None:
                where[name] = value
        if question.player is not None:
            where["players"] = [question.player]
        limit = question.limit + SPARE
        found = await vectors.search(meant.numbers, limit, where, question.since, question.until)
        itself = (match.match_id, meant.event)
        return [
            n
            for n in found
            if n.metadata["embedding"] == embedding.name and (n.metadata["match"], n.metadata["event"]) != itself
        ][: question.limit]

    async def _vectors(self, embedding: Embedding) -> Vectors:
        # The library brings a driver of its own along: who never asks need not wait for it.
        module = await asyncio.to_thread(importlib.import_module, "app.warehouse.vectors")
        vectors = self._opened.setdefault(
            embedding.name, module.Vectors(self._dsn, embedding.table, embedding.dimensions)
        )
        await vectors.open(self._pool)
        return vectors

    async def _xg(self, moments: Sequence[tuple[str, str]]) -> dict[tuple[str, str], float]:
        """By match and event; of shots whose xG is on the air."""
        rows = await self._pool.fetch(query("similar_xg"), [m for m, _ in moments], [e for _, e in moments])
        return {(r["match_id"], r["event_id"]): r["value"] for r in rows}


def _shown(of: dict[str, Any], what: str, sport: str, xg: dict[tuple[str, str], float]) -> dict[str, Any]:
    value = xg.get((of["match"], of["event"]))
    told = {name: of[name] for name in ("match", "event", "competition", "team", "period", "elapsed_s")}
    return told | {
        "clock": sports()[sport].clock_display(of["period"], of["elapsed_s"]),
        "what": what if value is None else f"{what}, {value:.2f} xG",
        "xg": value,
    }
