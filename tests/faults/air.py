"""A signal on its way to the air while somebody kills what carries it there: its commands, the blows, and the judgement."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Any, LiteralString

import psutil
import psycopg
from psycopg.rows import dict_row

from tests.faults.kit import Listener, Own
from tests.faults.load import Story
from tests.installed import Installed
from tests.lifecycle_kit import text_of
from tests.running import environment, touchline, until

# Each step of the signal takes a while, so that a fill lasts long enough to be hit in the middle.
SLOW = ("    if event.type", "    sum(range(20000))\n    if event.type")
PAST = 6
PAST_MESSAGES = 100
COMMAND = "command"
DATABASE = "database"


class Order:
    """One `touchline signals …` that runs."""

    def __init__(self, process: subprocess.Popen[bytes], out: Path) -> None:
        self.process = process
        self._out = out

    def ended(self) -> bool:
        """Has it ended, whichever way?"""
        return self.process.poll() is not None

    def told(self) -> str:
        """All that it has said."""
        return self._out.read_text(errors="replace")


class Air:
    """A running service, an installation whose files a test writes, and the signal `name` of that installation.

    weight: of the passes that a version counts; its version. past: matches that were played before.
    """

    def __init__(self, own: Own, folder: Path, name: str) -> None:
        self.own = own
        self.name = name
        self.past = [f"{name}-past-{number}" for number in range(PAST)]
        self._installed = Installed(folder, "")
        self._orders = 0
        # One for all that is asked many times a second; another once it is broken.
        self._connection: psycopg.Connection[dict[str, Any]] | None = None

    def played(self, at: random.Random) -> None:
        """The past: pushed whole, match after match."""
        for match in self.past:
            story = islice(Story(match, random.Random(at.random())), PAST_MESSAGES)
            self.own.running.push(match, b"\n".join(story))
        for match in self.past:
            self.own.running.scored(match)

    def write(self, version: int) -> None:
        """The file of the signal, as somebody wrote it who means to deploy it."""
        file = self._installed.folder / f"app/sports/soccer/signals/{self.name}.py"
        file.write_text(text_of(version, version, self.name).replace(*SLOW))

    @contextmanager
    def order(self, *arguments: str) -> Iterator[Order]:
        """`touchline signals …` in the background; killed at the end."""
        self._orders += 1
        out = self._installed.folder / f"order-{self._orders}"
        with out.open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", "app", "signals", *arguments],
                cwd=self._installed.folder,
                env=environment(database_url=self.own.dsn),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
            )
        try:
            yield Order(process, out)
        finally:
            process.kill()
            process.wait(10)

    def carried_out(self, *arguments: str) -> str:
        """As `order`, to its end, which is to be a good one."""
        with self.order(*arguments) as order:
            until(order.ended, 120)
            assert order.process.returncode == 0, order.told()
            return order.told()

    def strike(self, victim: str, order: Order) -> None:
        """kill -9 of a process of the service, of the command, or of every process of PostgreSQL."""
        print(f"{time.strftime('%H:%M:%S')} {victim} is killed")
        if victim == COMMAND:
            order.process.kill()
            order.process.wait(10)
        elif victim == DATABASE:
            server = psutil.Process(self.own.postmaster)
            family = server.children(recursive=True)
            for process in (server, *family):
                with suppress(psutil.NoSuchProcess):
                    process.kill()
        else:
            process = self.own.running.child(victim)
            process.kill()
            process.wait(10)

    def rows(self, query: LiteralString, *given: Any) -> list[dict[str, Any]]:
        """Of the service's database, which may be away for a moment."""

        def asked() -> list[list[dict[str, Any]]] | None:
            try:
                if self._connection is None or self._connection.closed:
                    self._connection = psycopg.connect(self.own.dsn, autocommit=True, row_factory=dict_row)
                return [self._connection.execute(query, given).fetchall()]
            except psycopg.OperationalError:
                if self._connection is not None:
                    self._connection.close()
                return None

        return until(asked)[0]

    def is_filling(self, version: int) -> bool:
        """Is it filled in some matches, and not in all?"""
        rows = self.rows(
            "SELECT b.version >= l.version AS done FROM ops.cursor l LEFT JOIN ops.cursor b "
            "ON b.match_id = l.match_id AND b.pipeline = registry.beside('soccer', %s, %s) "
            "WHERE l.pipeline = 'live' AND l.match_id = ANY (%s)",
            self.name,
            version,
            self.past,
        )
        return {bool(r["done"]) for r in rows} == {True, False}

    def let_go(self, version: int) -> None:
        """What the dead held beside the air is free at once; otherwise half a minute later."""
        self.rows(
            "UPDATE ops.cursor SET lease_expires_at = NULL WHERE pipeline = registry.beside('soccer', %s, %s) RETURNING 1",
            self.name,
            version,
        )

    def moves(self) -> list[dict[str, Any]]:
        """What the audit says of the pointer, in order."""
        return self.rows(
            "SELECT at, action, version, from_version FROM registry.deployment WHERE signal = %s "
            "AND action IN ('promoted', 'rolled_back') ORDER BY deployment_id",
            self.name,
        )

    def is_adopting(self) -> bool:
        """Are workers making a version ready?"""
        return bool(
            self.rows(
                "SELECT 1 FROM registry.signal_version WHERE signal = %s AND adopt_until > clock_timestamp()", self.name
            )
        )

    def live(self) -> int:
        """The version that is on the air; 0: none. The registry, the audit and the command say the same."""
        found = json.loads(touchline("signals", "versions", self.name, "--json", database_url=self.own.dsn).stdout)
        live = [v["version"] for v in found if v["stage"] == "live"]
        assert {v["stage"] for v in found} <= {"live", "shadow"}
        assert len(live) <= 1, found
        moves = self.moves()
        assert live == [m["version"] for m in moves[-1:]]
        was = 0
        for move in moves:
            assert (move["from_version"] or 0) == was != move["version"], moves
            was = move["version"]
        assert sum(v["canary_matches"] for v in found) == 0
        return live[0] if live else 0

    def judge(self, matches: Sequence[str]) -> None:
        """Once nothing is owed: every frame is of the version that was on the air when it was published; every match has
        the history of the version that is, to its last pass; and a clean run comes to the same values."""
        until(lambda: not self.rows("SELECT 1 FROM ops.cursor WHERE pipeline = 'live' AND owed <> '{}'"), 60)
        live, moves = self.live(), self.moves()
        said = Counter[int]()
        for row in self.rows(
            "SELECT match_id, pub_seq, published_at, event, body FROM signal.publication "
            "WHERE signal = %s ORDER BY pub_seq",
            self.name,
        ):
            then = [m["version"] for m in moves if m["at"] < row["published_at"]]
            version = json.loads(row["body"])["signal_version"]
            assert [version] == then[-1:], (row, moves)
            said[version] += 1
        print(f"frames by version {dict(said)}, moves {[m['version'] for m in moves]}")
        for match in (*self.past, *matches):
            self._is_whole(match, live)
        verified = touchline("verify", "--json", database_url=self.own.dsn)
        assert verified.returncode == 0, verified.stdout + verified.stderr
        rebuilt = touchline("rebuild", "--json", database_url=self.own.dsn)
        assert json.loads(rebuilt.stdout)["changed_points"] == 0, rebuilt.stdout
        if self._connection is not None:
            self._connection.close()

    def _is_whole(self, match: str, version: int) -> None:
        """Its newest value of each team is what the log has of passes."""
        passes = self.rows(
            "SELECT team_id, count(*) AS n FROM (SELECT DISTINCT ON (source_event_id) * FROM log.feed_event "
            "WHERE match_id = %s AND effective ORDER BY source_event_id, version DESC) e "
            "WHERE kind <> 'retracted' AND type = 'pass' GROUP BY team_id",
            match,
        )
        stored = self.rows(
            "SELECT DISTINCT ON (subject) subject, value FROM signal.point WHERE match_id = %s AND signal = %s "
            "AND signal_version = %s ORDER BY subject, period DESC, elapsed_s DESC, order_key DESC",
            match,
            self.name,
            version,
        )
        assert {r["subject"]: r["value"] for r in stored} == {r["team_id"]: r["n"] * version for r in passes}, match


class Sleeper(Listener):
    """A subscriber that reads nothing while it sleeps."""

    def __init__(self, port: int, *matches: str) -> None:
        super().__init__(port, *matches)
        self.asleep = False
        self.slept = 0

    def take(self, sent: Any) -> None:
        """Keep one frame; then sleep, if it is to."""
        super().take(sent)
        while self.asleep:
            self.slept += 1
            time.sleep(0.05)
