"""The `eventsourcing` library's PostgreSQL recorder, driven line by line. Runs in a virtual environment of its own
and imports nothing of Touchline.

Argument: a file with one state a line. Standard input: `single COUNT` or `batch COUNT SIZE`. Standard output: seconds,
and how many events the store then holds.
"""

import os
import sys
import time
import uuid
from pathlib import Path

from eventsourcing.persistence import StoredEvent  # pyright: ignore[reportMissingImports]
from eventsourcing.postgres import PostgresFactory  # pyright: ignore[reportMissingImports]
from eventsourcing.utils import Environment  # pyright: ignore[reportMissingImports]


def main() -> None:
    """Append until standard input ends."""
    states = Path(sys.argv[1]).read_bytes().splitlines()
    factory = PostgresFactory(Environment("bench", dict(os.environ)))
    recorder = factory.application_recorder()
    print("ready", flush=True)
    for line in sys.stdin:
        what, count, *more = line.split()
        size = int(more[0]) if what == "batch" else 1
        originator = uuid.uuid4()
        events = [
            StoredEvent(originator, version, "bench:Event", states[version % len(states)])
            for version in range(int(count) * size)
        ]
        began = time.perf_counter()
        for start in range(0, len(events), size):
            recorder.insert_events(events[start : start + size])
        seconds = time.perf_counter() - began
        print(seconds, recorder.max_notification_id(), flush=True)
    factory.close()


main()
