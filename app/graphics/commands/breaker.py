"""A circuit breaker: an engine that fails again and again is left alone for a while, then asked with one command. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

FAILURES = 5
FIRST_OPEN_S = 2.0
LONGEST_OPEN_S = 30.0

State = Literal["closed", "open", "half_open"]


class Breaker:
    """Closed: everything goes. After FAILURES in a row it opens: nothing goes for a time that doubles with each failed
    probe. Then it is half open: one command goes as a probe, and decides. clock: seconds, monotonic."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.state: State = "closed"
        self._clock = clock
        self._failures = 0
        self._open_s = FIRST_OPEN_S
        self._until = 0.0
        self._probing = False

    def wait_s(self) -> float:
        """How long nothing goes from now on; 0 where something may. While a probe is out, a moment."""
        if self.state == "closed":
            return 0.0
        if self.state == "half_open":
            return 0.05 if self._probing else 0.0
        return max(0.0, self._until - self._clock())

    def admit(self) -> bool:
        """May a command go now? One that may is to be followed by `succeeded`, `failed` or `given_up`."""
        if self.state == "closed":
            return True
        if self.state == "open":
            if self._clock() < self._until:
                return False
            self.state = "half_open"
        if self._probing:
            return False
        self._probing = True
        return True

    def succeeded(self) -> bool:
        """The engine has answered well. Returns whether it had been away."""
        was_away = self.state != "closed"
        self.state, self._failures, self._probing, self._open_s = "closed", 0, False, FIRST_OPEN_S
        return was_away

    def failed(self) -> bool:
        """The engine has not. Returns whether that opens the breaker, or opens it again."""
        self._failures += 1
        probe, self._probing = self._probing, False
        # What was on its way when it opened says nothing new.
        if self.state == "open" or (self.state == "closed" and self._failures < FAILURES):
            return False
        if probe:
            self._open_s = min(self._open_s * 2, LONGEST_OPEN_S)
        self.state, self._until = "open", self._clock() + self._open_s
        return True

    def given_up(self) -> None:
        """What was admitted was not sent after all."""
        self._probing = False
