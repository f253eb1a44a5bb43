"""A feed that misbehaves: what a match's messages become when chosen faults are put into their delivery. Pure.

In go the messages of a match with the match seconds at which they are due, out comes a list of timed sends. The
same messages, rates and seed give the same sends for ever. Whatever the rates, the last word on every event is the
file's: each wrong word is followed by the right one, and the words on one event never overtake each other. Only a
`stale` repeat comes after what overtook it, as from a sender that tries again too late; a receiver of pushes knows
it for a repeat.

What goes wrong with the content (amend, retract, malformed) depends on the seed alone, what goes wrong on the way on
the seed and the connection: two connections of one match tell the same words at different times.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, Literal

import msgspec

from app.errors import UsageError
from app.feeds import _forge
from app.feeds.base import Provider

# Match seconds. Long enough to be passed by later events, short enough to come within the match.
DELAY_S = (5.0, 120.0)
TAKEN_BACK_S = (5.0, 300.0)
AGAIN_SOON_S = (0.0, 10.0)
AGAIN_LATE_S = (60.0, 1800.0)
LATE_SHARE = 0.2
PAUSE_S = (20.0, 90.0)
# How many messages on the one is that a message is swapped with.
REORDER_WINDOW = 5
# A request is cut after this share of its body; above the last figure the whole of it went out, and the answer is lost.
LOST_ANSWER = 0.8
# How the ids begin that are made for messages of the file itself that cannot be decoded.
UNDECODABLE = "undecodable "

SendKind = Literal["told", "wrong", "malformed", "phantom", "retracted", "repeated"]


class Rates(msgspec.Struct, frozen=True, kw_only=True):
    """How often each fault befalls a message, 0 to 1."""

    duplicate: float = 0.0
    stale: float = 0.0
    reorder: float = 0.0
    delay: float = 0.0
    retract: float = 0.0
    amend: float = 0.0
    malformed: float = 0.0
    disconnect: float = 0.0
    burst: float = 0.0


class Message(msgspec.Struct, frozen=True):
    """A message of a match as its file has it. due_s: match seconds since the start, never backwards."""

    due_s: float
    id: str
    raw: bytes


class Send(msgspec.Struct, frozen=True, kw_only=True):
    """One message on its way.

    due_s: match seconds since the start. place: where its event stands in the file. cut: the share of the request's
    body after which the connection breaks the first time (1: the answer is lost). poll_only: an event that only a
    whole document can take back, so that it is not pushed.
    """

    due_s: float
    id: str
    raw: bytes
    kind: SendKind
    place: float
    cut: float | None = None
    poll_only: bool = False


class Plan(msgspec.Struct, frozen=True):
    """The sends of one match over one connection, in order, and how often each fault was put in."""

    sends: list[Send]
    faults: dict[str, int]


class _Draft(msgspec.Struct):
    """A send that still moves. (due_s, rank) is its place in the order of sending."""

    due_s: float
    rank: float
    id: str
    raw: bytes
    kind: SendKind
    place: float
    poll_only: bool = False

    @property
    def at(self) -> tuple[float, float]:
        return self.due_s, self.rank


def parse_rates(text: str) -> Rates:
    """`duplicate=0.05,reorder=0.02` as rates. Raises UsageError naming what does not fit."""
    rates: dict[str, float] = {}
    for part in filter(None, (p.strip() for p in text.split(","))):
        name, _, value = part.partition("=")
        if name not in Rates.__struct_fields__:
            raise UsageError(f"--faults: there is no fault '{name}'. Known: {', '.join(Rates.__struct_fields__)}.")
        try:
            rate = float(value)
        except ValueError:
            rate = -1.0
        if not 0 <= rate <= 1:
            raise UsageError(f"--faults {part} does not fit: a rate is 0 to 1, such as {name}=0.05.")
        rates[name] = rate
    return Rates(**rates)


def timeline(provider: Provider, raws: Sequence[bytes]) -> list[Message]:
    """The messages of a file with the moments at which they are due; breaks between periods are skipped.

    A message that says the very same as a later one on its event is left to the later one: told twice with something
    else in between, the second could not be known from a repeat. What cannot be decoded is due with its neighbours.
    """
    options = provider.stream_options(list(raws))
    found: list[Message] = []
    period, clock_s, due_s = None, 0.0, 0.0
    for number, raw in enumerate(raws):
        event = _forge.decoded(provider, raw, options)
        if event is not None:
            if event.period == period and event.elapsed_s > clock_s:
                due_s += event.elapsed_s - clock_s
            if event.period != period or event.elapsed_s > clock_s:
                period, clock_s = event.period, event.elapsed_s
        found.append(Message(due_s, f"{UNDECODABLE}{number}" if event is None else event.source_event_id, raw))
    last = {(m.id, m.raw): number for number, m in enumerate(found)}
    return [m for number, m in enumerate(found) if last[m.id, m.raw] == number]


def plan(provider: Provider, messages: Sequence[Message], rates: Rates, seed: str, connection: int = 0) -> Plan:
    """How the messages are told. Deterministic; see the module for what it guarantees."""
    faults = dict.fromkeys(Rates.__struct_fields__, 0)
    drafts = _words(provider, messages, rates, Random(f"{seed} words"), faults)
    rng = Random(f"{seed} connection {connection}")
    _late_and_swapped(drafts, rates, rng, faults)
    _in_turn(drafts)
    drafts += _again(drafts, rates, rng, faults)
    _held_up(drafts, rates, rng, faults)
    sends = []
    for draft in sorted(drafts, key=lambda d: d.at):
        cut = None
        if rng.random() < rates.disconnect and not draft.poll_only:
            faults["disconnect"] += 1
            cut = rng.random()
            cut = 1.0 if cut > LOST_ANSWER else cut
        sends.append(
            Send(
                due_s=draft.due_s,
                id=draft.id,
                raw=draft.raw,
                kind=draft.kind,
                place=draft.place,
                cut=cut,
                poll_only=draft.poll_only,
            )
        )
    return Plan(sends, faults)


class Truth:
    """What the sends so far have told, as a whole document would show it: in the file's order, the newest words."""

    def __init__(self) -> None:
        self._told: dict[str, Send] = {}

    def apply(self, send: Send) -> bool:
        """Take one send in. True when the document changes by it."""
        if send.kind in ("malformed", "repeated"):
            return False
        if send.kind == "retracted":
            return self._told.pop(send.id, None) is not None
        self._told[send.id] = send
        return True

    def messages(self) -> list[bytes]:
        """The messages of the document."""
        return [s.raw for s in sorted(self._told.values(), key=lambda s: s.place)]


def _words(
    provider: Provider, messages: Sequence[Message], rates: Rates, rng: Random, faults: dict[str, int]
) -> list[_Draft]:
    """Everything that is said, in the order in which it must be said of each event."""
    options: Mapping[str, Any] = provider.stream_options([m.raw for m in messages])
    drafts: list[_Draft] = []
    # An event that the file itself tells several times over could be told wrong as what it becomes later.
    words = Counter(m.id for m in messages)

    def say(due_s: float, event_id: str, raw: bytes, kind: SendKind, place: float, poll_only: bool = False) -> None:
        drafts.append(_Draft(due_s, float(len(drafts)), event_id, raw, kind, place, poll_only))

    for place, message in enumerate(messages):
        due_s = message.due_s
        decodes = _forge.decoded(provider, message.raw, options) is not None
        if rng.random() < rates.malformed and decodes:
            told = _forge.broken(provider, message.raw, options, rng)
            if told is not None:
                faults["malformed"] += 1
                say(due_s, message.id, told, "malformed", place)
        if rng.random() < rates.amend and decodes and words[message.id] == 1:
            told = _forge.wrong(provider, message.raw, options, rng)
            if told is not None:
                faults["amend"] += 1
                say(due_s, message.id, told, "wrong", place)
                due_s += rng.uniform(*TAKEN_BACK_S)
        say(due_s, message.id, message.raw, "told", place)
        if rng.random() < rates.retract and decodes:
            name = f"simulated-{place:06d}"
            told = _forge.phantom(provider, message.raw, options, name)
            if told is not None:
                faults["retract"] += 1
                back = _forge.retraction(provider, options, name)
                say(message.due_s, name, told, "phantom", place + 0.5, back is None)
                undone_s = message.due_s + rng.uniform(*TAKEN_BACK_S)
                say(undone_s, name, back or b"", "retracted", place + 0.5, back is None)
    return drafts


def _late_and_swapped(drafts: list[_Draft], rates: Rates, rng: Random, faults: dict[str, int]) -> None:
    for number, draft in enumerate(drafts):
        if rng.random() < rates.delay:
            faults["delay"] += 1
            draft.due_s += rng.uniform(*DELAY_S)
        if rng.random() < rates.reorder:
            other = drafts[min(number + rng.randint(1, REORDER_WINDOW), len(drafts) - 1)]
            if other.id != draft.id:
                faults["reorder"] += 1
                draft.due_s, draft.rank, other.due_s, other.rank = other.due_s, other.rank, draft.due_s, draft.rank


def _in_turn(drafts: list[_Draft]) -> None:
    """No word on an event overtakes the one before it."""
    last: dict[str, _Draft] = {}
    for draft in drafts:
        before = last.get(draft.id)
        if before is not None and draft.at <= before.at:
            draft.due_s, draft.rank = before.due_s, before.rank + 1e-4
        last[draft.id] = draft


def _again(drafts: list[_Draft], rates: Rates, rng: Random, faults: dict[str, int]) -> list[_Draft]:
    """Repeats: soon or much later but before the next word on the event, or stale, after it."""
    following: dict[str, _Draft] = {}
    overtaken: list[tuple[_Draft, _Draft | None]] = []
    for draft in reversed(drafts):
        overtaken.append((draft, following.get(draft.id)))
        following[draft.id] = draft
    again: list[_Draft] = []
    for draft, after in reversed(overtaken):
        if draft.poll_only or draft.kind == "malformed":
            continue
        if rng.random() < rates.duplicate:
            faults["duplicate"] += 1
            due_s = draft.due_s + rng.uniform(*(AGAIN_LATE_S if rng.random() < LATE_SHARE else AGAIN_SOON_S))
            rank = draft.rank + 1e-6
            if after is not None and (due_s, rank) >= after.at:
                due_s = draft.due_s
            again.append(_Draft(due_s, rank, draft.id, draft.raw, "repeated", draft.place))
        if after is not None and rng.random() < rates.stale:
            faults["stale"] += 1
            due_s = after.due_s + rng.uniform(*AGAIN_SOON_S)
            again.append(_Draft(due_s, after.rank + 1e-6, draft.id, draft.raw, "repeated", draft.place))
    return again


def _held_up(drafts: list[_Draft], rates: Rates, rng: Random, faults: dict[str, int]) -> None:
    """Bursts: nothing comes for a while, then all of it at once, in its order."""
    pauses = sorted((d.due_s, d.due_s + rng.uniform(*PAUSE_S)) for d in drafts if rng.random() < rates.burst)
    faults["burst"] = len(pauses)
    drafts.sort(key=lambda d: d.at)
    for place, draft in enumerate(drafts):
        # What comes at once comes in the order in which it would have come.
        draft.rank = float(place)
        for start_s, end_s in pauses:
            if start_s <= draft.due_s < end_s:
                draft.due_s = end_s
