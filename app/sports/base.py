"""What a sport, a feature and a signal are made of. Pure: nothing here reads a clock, a file or a socket."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Literal, Protocol

import msgspec


class Event(msgspec.Struct, frozen=True):
    """One event of a match as the fold sees it: the latest revision of one identity, read from the log.

    `version` is the log version that brought it (order of arrival); match order is (period, order_key).
    `fields` is the sport's own struct (`app.sports.soccer.events.Fields`).
    """

    version: int
    source_event_id: str
    control: bool
    type: str
    period: int
    order_key: float
    elapsed_s: float
    team: str | None
    player: str | None
    fields: Any


class Feature(msgspec.Struct, frozen=True):
    """A named input of signals, declared once, beside the fold that it is read from.

    entity: whose property it is. dtype: float, int, bool or str. unit: of the value, "1" for a bare number.
    compute(state, event) returns None where the feed does not say; a signal that needs it is then degraded. At a full
    minute there is no event: a feature of the match gets None for it.
    """

    name: str
    entity: Literal["match", "team", "player", "event"]
    dtype: type
    unit: str
    description: str
    compute: Callable[[Any, Any], Any]


class Signal(msgspec.Struct, frozen=True, kw_only=True):
    """The declaration at the head of a signal's file.

    range: lowest and highest value that can be right; a value outside is a fault of the signal.
    resolution: values are rounded to it, and a value that did not change at it is not emitted again.
    events: emitted after each event of these types. minute: emitted at each full minute of the match clock.
    subject: what kind of thing a value is about ("player", "team", "outcome", "match"). A function that
        returns one number is about the event's player, team or the match; one that returns a mapping names its subjects.
    sums_to_one: the values of all subjects at one anchor are a distribution; one that is not is a fault.
    additive: values of one team may be added up (team xG is the sum of its shots' xG).
    """

    name: str
    title: str
    description: str
    unit: str
    range: tuple[float, float]
    resolution: float
    version: int
    subject: Literal["player", "team", "outcome", "match"]
    source: str
    events: frozenset[str] = frozenset()
    minute: bool = False
    features: tuple[str, ...] = ()
    model: str | None = None
    additive: bool = False
    sums_to_one: bool = False


Value = float | None | Mapping[str, float | None]


# What a kernel is to predict (rows of floats, one prediction each), and what `answer` needs of the moment beside that.
Asked = tuple[Sequence[Sequence[float]], Any]


class SignalModule(Protocol):
    """A signal's file: the declaration, a pure `value` (or both `ask` and `answer`), and, where it has a memory, `init` and
    `step`.

    value(f, model, memory): `f` has one attribute a declared feature; `model` is what models hold under
        SIGNAL.model. Returns a number, a mapping of subject to number, or None for nothing to say.
    ask(f, memory), answer(predictions, note): in place of `value`, where the model's kernel predicts rows. `ask` returns
        the rows and a note, or None for nothing to say; `answer` gets what the kernel predicts of each row, in order, and
        the note, and returns what `value` would. By then the memory may have gone on: a note holds nothing that changes.
    init(): a fresh memory. step(memory, event, model): the memory after one more event (called for every
        event in match order, after the fold and before `value`).
    """

    SIGNAL: Signal


class LoadedSignal(msgspec.Struct, frozen=True):
    """A signal's file, looked through once. It has `value`, or both `ask` and `answer`.

    model: what it is given as `model`, where that is settled already.
    """

    spec: Signal
    value: Callable[[Any, Any, Any], Value] | None
    init: Callable[[], Any] | None
    step: Callable[[Any, Event, Any], Any] | None
    model: Any = None
    ask: Callable[[Any, Any], Asked | None] | None = None
    answer: Callable[[list[Any], Any], Value] | None = None

    @property
    def key(self) -> str:
        """Names this version of the signal, such as "xg@1"."""
        return f"{self.spec.name}@{self.spec.version}"


class Sport(msgspec.Struct, frozen=True, kw_only=True):
    """What the engine asks of a sport; `app/sports/<name>/sport.py` has one, called SPORT.

    new_state(): the state before anything is known. apply(state, event): fold one more event into it, in
        match order. summary(state): the public picture (see Summary).
    minutes_passed(state, event): full minutes the clock passed since the last event, as (period, minute, elapsed_s).
    tick(state, period, elapsed_s): move the clock alone, to one of those minutes.
    clock_display(period, elapsed_s): what the sport shows of a moment.
    wall_offset_s(period, elapsed_s): nominal seconds from kick-off to that moment, breaks included.
    entities(event): teams and players it names, as (kind, id, name or None).
    importance(type, fields): how soon an event should be scored when many matches wait: 0 ordinary, 1 like a shot,
        2 like a card, 3 a change of the score. It decides which match goes first, never what a value is.
    """

    name: str
    title: str
    fields: type
    feed_types: Mapping[str, str]
    control_types: Mapping[str, str]
    periods: Mapping[int, str]
    features: Mapping[str, Feature]
    new_state: Callable[[], Any]
    apply: Callable[[Any, Event], None]
    summary: Callable[[Any], Summary]
    minutes_passed: Callable[[Any, Event], list[tuple[int, int, float]]]
    tick: Callable[[Any, int, float], None]
    clock_display: Callable[[int, float], str]
    wall_offset_s: Callable[[int, float], float]
    entities: Callable[[Event], list[tuple[str, str, str | None]]]
    importance: Callable[[str, Any], int]
    package: str


class Side(msgspec.Struct, omit_defaults=True):
    """One of the two teams of a match, as everyone sees it."""

    id: str | None = None
    name: str | None = None


class Summary(msgspec.Struct, omit_defaults=False):
    """The public picture of a match. Scores are goals or points so far; elapsed_s is the match clock."""

    home: Side
    away: Side
    home_score: int
    away_score: int
    period: int
    elapsed_s: float
    clock_display: str
    status: str
    details: dict[str, Any]


@cache
def sports() -> dict[str, Sport]:
    """Every sport whose folder lies in app/sports, by name."""
    package = importlib.import_module("app.sports")
    found: dict[str, Sport] = {}
    for info in pkgutil.iter_modules(package.__path__):
        if info.ispkg:
            sport = importlib.import_module(f"app.sports.{info.name}.sport").SPORT
            found[sport.name] = sport
    return found
