"""What waits for an engine that is slow or away: of what stands the newest, of moments a few, for a while. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from app.graphics.commands.command import Command

# A play is shown for some seconds: more of them would never come to be shown in time.
MOST_MOMENTS = 4


class Latest:
    """Of a graphic that shows what holds now: at most one command, the newest."""

    def __init__(self) -> None:
        self.dropped = 0
        self._next: Command | None = None
        # What is on its way, and what the engine is known to show.
        self._sent: Command | None = None
        self._shown: Command | None = None

    def put(self, command: Command) -> None:
        """It takes the place of one that waits. One that says what the engine shows already is left out."""
        waiting, told = self._next, self._sent or self._shown
        self._next = None if told is not None and told.says() == command.says() else command
        if waiting is not None and waiting.says() != command.says():
            self.dropped += 1

    def take(self, now: float) -> Command | None:
        """The one to be sent; it waits no longer. To be followed by `failed` or `delivered`."""
        self._sent, self._next = self._next, None
        return self._sent

    def failed(self, command: Command) -> None:
        """It was not delivered, as far as we know: again, unless there is a newer one by now. What the engine shows is
        not known any more."""
        self._sent = self._shown = None
        if self._next is None:
            self._next = command

    def delivered(self, command: Command) -> None:
        """The engine has taken it."""
        self._sent, self._shown = None, command

    def again(self) -> None:
        """The engine may have begun anew: what it showed last is to be sent again, unless there is something newer."""
        if self._next is None and self._sent is None:
            self._next, self._shown = self._shown, None

    def __len__(self) -> int:
        return 0 if self._next is None else 1


class Moments:
    """Of a graphic that shows what has happened: each once, in order, the oldest given up where there are too many, and
    none after its time."""

    def __init__(self) -> None:
        self.dropped = 0
        self._waiting: deque[Command] = deque()

    def put(self, command: Command) -> None:
        """One of a play that waits already takes its place."""
        for place, waiting in enumerate(self._waiting):
            if waiting.play == command.play:
                self._waiting[place] = command
                return
        self._waiting.append(command)
        if len(self._waiting) > MOST_MOMENTS:
            self._waiting.popleft()
            self.dropped += 1

    def take(self, now: float) -> Command | None:
        """The next one that is still worth showing; it waits no longer."""
        while self._waiting:
            command = self._waiting.popleft()
            if command.expires_at is None or command.expires_at > now:
                return command
            self.dropped += 1
        return None

    def failed(self, command: Command) -> None:
        """It was not delivered, as far as we know: it is the next one again, unless it has been put anew."""
        if all(waiting.play != command.play for waiting in self._waiting):
            self._waiting.appendleft(command)

    def delivered(self, command: Command) -> None:
        """The engine has taken it: it is not shown again."""

    def again(self) -> None:
        """What was shown was shown."""

    def withdraw(self, gone: Callable[[Command], bool]) -> None:
        """Those that are not to be shown after all."""
        self._waiting = deque(c for c in self._waiting if not gone(c))

    def __len__(self) -> int:
        return len(self._waiting)


Waiting = Latest | Moments
