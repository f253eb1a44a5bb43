"""What one engine is to show of one match: scenes and moments in, commands for its graphics out. Pure."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from app.graphics.commands.command import STATIC, Command
from app.graphics.commands.waiting import Latest, Moments, Waiting
from app.sports.graphics import Graphic, Scene, Told

# A play is worth showing for so long after it was told first, by the database's clock.
SHOWN_FOR_S = 30.0
# A play that the match clock has left behind by more is not news, whenever the feed tells it.
LATE_S = 180.0
REMEMBERED = 256


class Place(msgspec.Struct, frozen=True, order=True):
    """A moment of the match."""

    period: int
    elapsed_s: float


class Play(msgspec.Struct, frozen=True):
    """One value that is tied to a play, as it was told. first_at: when the play was told first; told_at: when this was,
    both in seconds since 1970; late_s: how far the match clock had passed it by then."""

    told: Told
    source_event_id: str
    place: Place
    seq: int
    first_at: float
    told_at: float
    late_s: float = 0.0


class Desk:
    """The graphics of one engine. `waiting` is what is to be sent, by graphic.

    fallback: `stale` sends the last good value, marked; `static` sends SHOW_STATIC. shown_seq: plays up to this place of the
    stream were shown by somebody before us.
    """

    def __init__(
        self, match: str, graphics: Mapping[str, Graphic], wanted: tuple[str, ...], fallback: str, shown_seq: int
    ) -> None:
        self.shown_seq = shown_seq
        self.stale = False
        self._match = match
        self._graphics = [g for name, g in sorted(graphics.items()) if not wanted or name in wanted]
        self._fallback = fallback
        self._good: dict[str, Command] = {}
        self._plays: dict[tuple[str, str], tuple[float, Place]] = {}
        self.waiting: dict[str, Waiting] = {g.name: Latest() if g.standing else Moments() for g in self._graphics}

    def scene(self, scene: Scene, at: float, stale_since: float | None = None) -> None:
        """What is known to hold, as of `at`. stale_since: where it is not known any more whether it does. A graphic that can
        say nothing that is right falls back too."""
        self.stale = stale_since is not None
        for graphic in self._graphics:
            if graphic.standing is None:
                continue
            fields = graphic.standing(scene)
            if fields is not None:
                self._good[graphic.name] = Command(
                    command=graphic.command, match=self._match, graphic=graphic.name, fields=fields, at=at
                )
            if fields is None or stale_since is not None:
                self._fall_back(graphic, at if stale_since is None else stale_since)
            else:
                self.waiting[graphic.name].put(self._good[graphic.name])

    def _fall_back(self, graphic: Graphic, since: float) -> None:
        good = self._good.get(graphic.name)
        if good is None:
            # Nothing was ever shown.
            return
        stale = msgspec.structs.replace(good, stale_since=max(since, good.at))
        if self._fallback == "static":
            stale = msgspec.structs.replace(stale, command=STATIC, fields={})
        self.waiting[graphic.name].put(stale)

    def play(self, play: Play) -> None:
        """A value of a play was told, or told anew: shown unless it was, or is no news any more. A play that was shown with
        another value is shown with the right one, for as long as it is news."""
        told = play.told
        for graphic in self._graphics:
            if graphic.moment is None or told.signal not in graphic.signals:
                continue
            key = (play.source_event_id, told.subject)
            if self._plays.get(key, (None,))[0] == told.value:
                continue
            self._plays[key] = (told.value, play.place)
            if len(self._plays) > REMEMBERED:
                del self._plays[next(iter(self._plays))]
            if play.seq <= self.shown_seq or play.late_s > LATE_S:
                continue
            fields = graphic.moment(told)
            if fields is not None:
                self.waiting[graphic.name].put(
                    Command(
                        command=graphic.command,
                        match=self._match,
                        graphic=graphic.name,
                        fields=fields,
                        at=play.told_at,
                        seq=play.seq,
                        play=key,
                        expires_at=play.first_at + SHOWN_FOR_S,
                    )
                )

    def changed(self, signal: str, subject: str, current: str | None, span: tuple[Place, Place] | None) -> None:
        """Values of a signal and subject changed afterwards. current: the play that its current value is of, None where
        there is none left. span: from where to where values changed. What waits and may be among them is not shown."""
        for graphic in self._graphics:
            waiting = self.waiting[graphic.name]
            if signal not in graphic.signals or not isinstance(waiting, Moments):
                continue

            def gone(command: Command) -> bool:
                if command.play is None or command.play[1] != subject or command.play[0] == current:
                    return False
                place = self._plays.get(command.play, (0.0, None))[1]
                return current is None or span is None or place is None or span[0] <= place <= span[1]

            waiting.withdraw(gone)

    def shown(self, command: Command) -> None:
        """A play was shown."""
        self.shown_seq = max(self.shown_seq, command.seq)
