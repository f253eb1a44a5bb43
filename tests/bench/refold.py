"""What a correction costs: POST of an edit sent → last frame of it read, beside folding the whole match each time."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple

import msgspec

from tests.bench.kit import stages, store
from tests.bench.kit.edits import Edited, edited, match_to_edit, played
from tests.bench.kit.fleet import Fleet, Process, fleet
from tests.bench.kit.folding_worker import Folded, told
from tests.bench.kit.machine import machine
from tests.bench.kit.report import Figures, main, parser, say, spread
from tests.bench.kit.senders import Body, Flood, Line, Sent
from tests.bench.kit.subscribers import Heard, Subscribers
from tests.bench.kit.workload import Match

# Of each kind in each round, with the match in memory, and without checkpoints.
WARM_EDITS, WHOLE_EDITS = 4, 2
BODY_EVENTS = 500
# Nobody looks at the database before an edit should be over, or the look would be measured with it.
SETTLE_S = 0.4
# A worker tells of its stages once a second.
REPORTED_S = 1.2
SPARE_VERSIONS = 100


class Edit(NamedTuple):
    """One edit that was taken. state: of the match as it came, see `Corrections.round`; None: it does not count."""

    name: str
    state: str | None
    sent: Sent


class Corrections:
    """The match stands at minute 90 in as many copies as there are kinds of edits, so that one worker that begins finds
    all of them cold. One more copy warms a worker up: what it does for the first time in its life is not asked."""

    def __init__(self, running: Fleet, clients: Subscribers, match: Match) -> None:
        self._running = running
        self._clients = clients
        self._provider = match.provider
        self.messages = played(match)
        self.kinds = edited(match)
        self._bystander = self.kinds[0]._replace(name="bystander")
        self._match = match.id
        self._numbers: Counter[str] = Counter()
        self._file = Path(running.data_folder).parent / "folded"
        self.edits: list[Edit] = []
        self.stages: list[stages.Stages] = []
        self.cpu_s: Counter[str] = Counter()

    def id(self, kind: Edited) -> str:
        """The copy that gets the edits of a kind."""
        return f"{self._match}-{kind.name}"

    def prepare(self, rounds: int) -> None:
        """Play every copy to where it is edited, with a client on each but the bystander."""
        copies = [self.id(kind) for kind in (*self.kinds, self._bystander)]
        say(f"{len(copies)} copies of match {self._match}, {len(self.messages):,} events each")
        Flood(self._running.port).send([self._bodies(copy) for copy in copies])
        store.wait_scored(self._running.dsn)
        edits = rounds * (WARM_EDITS + WHOLE_EDITS + 2) + 1
        for kind in self.kinds:
            self._clients.open(self.id(kind), len(self.messages) + edits + SPARE_VERSIONS)
        self._clients.wait_ready()
        self._check_score()
        self._running.end(self._running.alive[0])

    def _bodies(self, copy: str) -> Iterator[Body]:
        for start in range(0, len(self.messages), BODY_EVENTS):
            yield Body(copy, self._provider, self.messages[start : start + BODY_EVENTS])

    def _check_score(self) -> None:
        """Does the edit that is to change the score do so?"""
        kind = self.kinds[-1]
        before = self._score(kind)
        self._each([kind], None, 1)
        if self._score(kind) == before:
            raise SystemExit(f"{kind.name}: the score is {before} before and after it")

    def _score(self, kind: Edited) -> tuple[int, int]:
        found = msgspec.json.decode(self._running.get(f"/v1/matches/{self.id(kind)}"))
        return found["home_score"], found["away_score"]

    def round(self) -> None:
        """Each kind of edit with the match at rest (`cold`: it has to be read first), in memory (`warm`), and in a
        worker without checkpoints (`whole`: it is in memory, and folded anew from the first event to the last)."""
        worker = self._worker()
        self._each(self.kinds, "cold", 1)
        with self._measured():
            self._each(self.kinds, "warm", WARM_EDITS)
        self._running.end(worker)
        worker = self._worker("--without-checkpoints")
        self._each(self.kinds, None, 1)
        self._each(self.kinds, "whole", WHOLE_EDITS)
        self._running.end(worker)

    def _worker(self, *options: str) -> Process:
        worker = self._running.worker(
            [sys.executable, "-m", "tests.bench.kit.folding_worker", str(self._file), *options]
        )
        self._each([self._bystander], None, 2)
        return worker

    def _each(self, kinds: Sequence[Edited], state: str | None, count: int) -> None:
        """So many edits of each of these kinds, in turn, each once the one before it is over."""
        with Line(self._running.port) as line:
            for kind in [k for _ in range(count) for k in kinds]:
                message = kind.revision(self._numbers[kind.name])
                self._numbers[kind.name] += 1
                self.edits.append(Edit(kind.name, state, line.push(self.id(kind), self._provider, message)))
                time.sleep(SETTLE_S)
                store.wait_scored(self._running.dsn)

    @contextmanager
    def _measured(self) -> Iterator[None]:
        """Note what is spent in the block."""
        before, cpu = self._stages(), self._cpu()
        yield
        self.cpu_s.update({kind: seconds - cpu[kind] for kind, seconds in self._cpu().items()})
        self.stages.append(stages.between(before, self._stages()))

    def _stages(self) -> stages.Stages:
        time.sleep(REPORTED_S)
        return stages.parse(self._running.get("/metrics").decode())

    def _cpu(self) -> dict[str, float]:
        own = {"bench_sender": time.process_time(), "bench_clients": self._clients.cpu_s()}
        return {**self._running.cpu_s(), **own}

    def folded(self) -> dict[tuple[str, int], Folded]:
        """What the workers told of each edit. Raises SystemExit when the rival has not folded everything."""
        found = told(self._file)
        for sent in (e.sent for e in self.edits if e.state == "whole"):
            if (anew := found[sent.match, sent.version].anew) < len(self.messages):
                raise SystemExit(f"without checkpoints, {anew} of {len(self.messages)} events were folded anew")
        return found


class Row(NamedTuple):
    """What came of one kind of edit in one state."""

    ms: list[float]
    folded: list[int]
    frames: list[int]
    missing: int
    repeated: int


def measure(given: argparse.Namespace) -> Figures:
    """Rounds in turn with and without checkpoints, so that a change of the machine's mood meets both."""
    match, workload = match_to_edit()
    with fleet() as running, Subscribers(running.port) as clients:
        bench = Corrections(running, clients, match)
        bench.prepare(given.rounds)
        for number in range(given.rounds):
            say(f"round {number + 1} of {given.rounds}")
            bench.round()
        heard = clients.stop()
        rows = _rows(bench, heard, store.frames_by_version(running.dsn, [h.match for h in heard]))
        running.verify()
        names = [kind.name for kind in bench.kinds]
        whole_ms = [ms for name in names if name != "minute3_score" for ms in rows["whole", name].ms]
        medians = {f"{name}_ms": spread(rows["warm", name].ms)["p50_ms"] for name in names}
        medians |= {f"cold_{name}_ms": spread(rows["cold", name].ms)["p50_ms"] for name in names}
        medians["whole_ms"] = spread(whole_ms)["p50_ms"]
        medians["whole_score_ms"] = spread(rows["whole", "minute3_score"].ms)["p50_ms"]
        return {
            "bench": "refold",
            **medians,
            "whole_to_minute3": _ratio(medians["whole_ms"], medians["minute3_ms"]),
            "missing": sum(row.missing for row in rows.values()),
            "repeated": sum(row.repeated for row in rows.values()),
            "resyncs": sum(h.resyncs for h in heard),
            "cut": sum(h.cut for h in heard),
            "workload": workload,
            "match_events": len(bench.messages),
            "rounds": given.rounds,
            "edits": _told(bench, rows),
            "cpu_s": {kind: round(seconds, 2) for kind, seconds in bench.cpu_s.items()},
            "stages": stages.together(bench.stages),
            "service_log": running.complaints(),
            **machine(running.dsn, running.data_folder),
        }


def _rows(bench: Corrections, heard: Sequence[Heard], frames: dict[str, dict[int, int]]) -> dict[tuple[str, str], Row]:
    """By state and kind."""
    folded = bench.folded()
    read = {h.match: h for h in heard}
    rows: dict[tuple[str, str], Row] = {}
    for name, state, sent in bench.edits:
        if state is None:
            continue
        row = rows.get((state, name), Row([], [], [], 0, 0))
        due, client = frames[sent.match].get(sent.version, 0), read[sent.match]
        got = client.counts[sent.version]
        row.frames.append(due)
        row.folded.append(folded[sent.match, sent.version].anew + folded[sent.match, sent.version].read)
        if due and got >= due:
            row.ms.append((client.times[sent.version] - sent.sent) * 1000)
        rows[state, name] = row._replace(
            missing=row.missing + (got < due or not due), repeated=row.repeated + (got > due)
        )
    return rows


def _told(bench: Corrections, rows: dict[tuple[str, str], Row]) -> list[Figures]:
    clocks = {kind.name: kind.clock for kind in bench.kinds}
    return [
        {
            "edit": name,
            "state": state,
            "clock": clocks[name],
            **{key: value for key, value in spread(row.ms).items() if key in ("p50_ms", "max_ms")},
            "edits": len(row.frames),
            "events_folded": round(median(row.folded)),
            "frames": round(median(row.frames)),
        }
        for (state, name), row in rows.items()
    ]


def _ratio(more: float | None, less: float | None) -> float | None:
    return round(more / less, 2) if more and less else None


if __name__ == "__main__":
    options = parser(__doc__)
    options.add_argument("--rounds", type=int, default=5, help="with and without checkpoints, in turn (5)")
    main(measure, options)
