"""What the streams of this process have written, counted since it began."""

from __future__ import annotations


class Counters:
    """Plain numbers: only the event loop's thread changes them."""

    def __init__(self) -> None:
        self.frames = 0
        self.bytes = 0
        self.slow_resyncs = 0
        self.sockets = 0
        self.sockets_refused = 0

    def wrote(self, frames: int, size: int) -> None:
        """One write was handed to a client's transport."""
        self.frames += frames
        self.bytes += size


counters = Counters()
