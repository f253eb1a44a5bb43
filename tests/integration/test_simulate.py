"""`touchline simulate`: after every fault there is, a match's signals are those of its file."""

from __future__ import annotations

import gzip
import json
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from app.commands.demo import match_file
from app.feeds.faults import Rates
from tests.running import PATIENCE_S, ROOT, TINY, Running, environment, free_port, touchline, until

LINES = TINY.read_bytes().splitlines()
OFTEN = ",".join(f"{name}=0.3" for name in Rates.__struct_fields__)
NOW_AND_THEN = "duplicate=0.05,stale=0.03,reorder=0.05,delay=0.05,retract=0.02,amend=0.05,malformed=0.02,disconnect=0.02,burst=0.01"


def simulate(service: Running, *arguments: str) -> dict[str, Any]:
    """Run one to its end."""
    done = touchline("simulate", *arguments, "--target", service.base, "--json")
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return json.loads(done.stdout)


def signals(service: Running, match: str) -> list[dict[str, Any]]:
    """Every current value, as anybody reads it; how often it was corrected on the way is left out."""
    service.scored(match)
    points = service.walk(f"/v1/matches/{match}/signals")
    return [{k: v for k, v in p.items() if k not in ("version", "revision")} for p in points]


def picture(service: Running, match: str) -> dict[str, Any]:
    """What the match looks like from outside."""
    found = service.scored(match)
    told = ("home", "away", "home_score", "away_score", "period", "elapsed_s", "clock_display", "status")
    return {k: found[k] for k in told}


def ingested(service: Running, provider: str, file: Path, match: str) -> list[dict[str, Any]]:
    """The signals of a plain ingest."""
    done = touchline("ingest", provider, str(file), "--match", match, database_url=service.dsn)
    assert done.returncode == 0, done.stderr
    return signals(service, match)


@pytest.mark.parametrize("seed", ["1", "2", "3"])
def test_a_small_match_with_every_fault_ends_as_its_file(service: Running, seed: str) -> None:
    match = f"sim-tiny-{seed}"
    done = simulate(
        service, "touchline", str(TINY), "--match", match, "--speed", "max", "--faults", OFTEN, "--seed", seed
    )
    pushed, faults = done["pushed"], done["faults"]
    assert all(faults.values())
    assert pushed["sent"] == done["matches"][0]["sends"]
    assert pushed["sent"] == sum(pushed[k] for k in ("appended", "repeated", "quarantined", "refused"))
    assert pushed["refused_right"] == 0
    assert pushed["retries"] >= faults["disconnect"]
    found = service.scored(match)
    # Besides the feed's: what the simulation said of the match when it made it, and that it has ended.
    assert found["log_version"] == len(LINES) + faults["amend"] + 2 * faults["retract"] + 2
    assert found["origin"] == "simulation"
    assert match not in [m["id"] for m in service.walk("/v1/matches")]
    assert signals(service, match) == ingested(service, "touchline", TINY, f"sim-tiny-plain-{seed}")
    assert picture(service, match) == picture(service, f"sim-tiny-plain-{seed}")


def test_a_real_match_over_two_connections_ends_as_its_file(service: Running) -> None:
    file = match_file("3788741")
    done = simulate(
        service, "statsbomb", str(file), "--match", "sim-real", "--speed", "max", "--faults", NOW_AND_THEN,
        "--connections", "2",
    )  # fmt: skip
    assert all(done["faults"].values())
    assert done["pushed"]["refused_right"] == 0
    assert signals(service, "sim-real") == ingested(service, "statsbomb", file, "sim-real-plain")
    assert picture(service, "sim-real") == picture(service, "sim-real-plain")
    with psycopg.connect(str(service.dsn)) as connection:
        counts = connection.execute(
            "SELECT count(*), count(DISTINCT version), max(version) FROM log.feed_event WHERE match_id = 'sim-real'"
        ).fetchone()
    assert counts is not None
    assert len(set(counts)) == 1


def test_several_files_are_several_matches_at_once(service: Running, tmp_path: Path) -> None:
    (tmp_path / "sim-one.jsonl").write_bytes(TINY.read_bytes())
    (tmp_path / "sim-two.json.gz").write_bytes(gzip.compress(b"[" + b",\n".join(LINES) + b"]"))
    files = [str(f) for f in sorted(tmp_path.iterdir())]
    done = simulate(service, "touchline", *files, "--speed", "10000", "--faults", "delay=0.2,reorder=0.2")
    assert [m["match"] for m in done["matches"]] == ["sim-one-sim", "sim-two-sim"]
    assert done["pushed"]["appended"] == 80
    assert signals(service, "sim-one-sim") == signals(service, "sim-two-sim")
    again = simulate(service, "touchline", files[0], "--speed", "max")
    assert (again["pushed"]["appended"], again["pushed"]["repeated"]) == (0, 40)
    told = touchline("simulate", "touchline", files[0], "--speed", "max", "--target", service.base).stdout
    assert "sim-one-sim: 40 messages of the file in 40 sends; 40 sent, 0 appended, 40 repeated" in told
    assert "Faults with seed 1: none." in told


def test_a_file_of_which_nothing_can_be_read_is_1_with_the_reasons(service: Running) -> None:
    target = ["--target", service.base, "--speed", "max", "--match", "sim-unread"]
    done = touchline("simulate", "statsbomb", str(TINY), *target)
    assert done.returncode == 1
    assert re.fullmatch(r"touchline: Nothing of \S+ could be read as 'statsbomb': all 40 messages .*\n", done.stderr)
    assert len([line for line in done.stdout.splitlines() if line.startswith("  not read: ")]) == 1
    assert "  not read: " in done.stdout
    assert "expected `object`, got `str`" in done.stdout


def test_only_a_match_of_its_own_is_told_into(service: Running) -> None:
    service.push("sim-live", LINES[0])
    target = ["--target", service.base, "--speed", "max"]
    done = touchline("simulate", "touchline", str(TINY), "--match", "sim-live", *target)
    assert done.returncode == 2
    assert re.fullmatch(r"touchline: There is a match 'sim-live' already.*--match\.\n", done.stderr)
    assert service.scored("sim-live")["log_version"] == 1


class Moody(BaseHTTPRequestHandler):
    """An API that says "later" in every way it can before it takes anything."""

    protocol_version = "HTTP/1.1"
    moods: list[int | None]
    taken: list[bytes]
    answered: list[tuple[int, float]]

    def do_GET(self) -> None:
        self._say(200 if self.path == "/livez" else 404, {})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if not self.path.startswith("/v1/feeds/"):
            self._say(200, {})
            return
        mood = self.moods.pop(0) if self.moods else 200
        if mood is None:
            self.close_connection = True
            return
        self.answered.append((mood, time.monotonic()))
        if mood == 200:
            self.taken += body.splitlines()
        lines = len(body.splitlines())
        counts = {"received": lines, "appended": lines, "repeated": 0, "quarantined": 0, "problems": []}
        self._say(mood, counts if mood == 200 else {"detail": "later"})

    def _say(self, status: int, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        if status == 429:
            self.send_header("Retry-After", "1")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


def test_it_waits_as_it_is_told_and_nothing_is_lost() -> None:
    class Today(Moody):
        moods = [429, 200, 503, 500, None, 429, 200]
        taken = []
        answered = []

    with ThreadingHTTPServer(("127.0.0.1", 0), Today) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        target = f"http://127.0.0.1:{server.server_address[1]}"
        file = match_file("3788741")
        done = touchline("simulate", "statsbomb", str(file), "--speed", "max", "--target", target, "--json")
        server.shutdown()
    assert done.returncode == 0, done.stderr
    pushed = json.loads(done.stdout)["pushed"]
    assert [json.loads(line) for line in Today.taken] == json.loads(file.read_bytes())
    counts = [pushed[k] for k in ("sent", "answers_429", "answers_503", "retries")]
    assert counts == [len(Today.taken), 2, 1, 5]
    for (mood, at), (_, then) in pairwise(Today.answered):
        assert mood != 429 or then - at >= 1.0


@contextmanager
def documents(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A simulation that only serves its document, and the document's address."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "simulate", "touchline", str(TINY), "--no-push", "--match", "doc", "--json"]
        + ["--poll-port", str(port), *arguments],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    url = f"http://127.0.0.1:{port}/touchline/doc"

    def listens() -> bool:
        assert process.poll() is None
        try:
            return httpx.get(f"http://127.0.0.1:{port}/").status_code == 404
        except httpx.TransportError:
            return False

    try:
        until(listens)
        yield process, url
    finally:
        process.kill()
        process.communicate()


def test_the_document_grows_and_is_told_conditionally() -> None:
    with documents("--speed", "3000") as (process, url):
        seen: list[list[Any]] = []

        def whole() -> bool:
            seen.append(httpx.get(url).json())
            return len(seen[-1]) == len(LINES)

        until(whole)
        sizes = [len(s) for s in seen]
        assert sizes == sorted(sizes)
        assert len(set(sizes)) > 2
        assert seen[-1] == [json.loads(line) for line in LINES]
        until(lambda: "last-modified" in httpx.get(url).headers)
        found = httpx.get(url)
        same = ({"If-None-Match": found.headers["etag"]}, {"If-Modified-Since": found.headers["last-modified"]})
        for headers in same:
            again = httpx.get(url, headers=headers)
            assert (again.status_code, again.content) == (304, b"")
        assert httpx.get(url, headers={"If-None-Match": '"other"', **same[1]}).status_code == 200
        assert httpx.head(url).headers["content-length"] == str(len(found.content))
        assert httpx.post(url).status_code == 405
        process.send_signal(signal.SIGTERM)
        out, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, errors
    assert json.loads(out)["pushed"]["sent"] == 0


def test_stopped_before_the_end_it_says_so() -> None:
    with documents("--speed", "1") as (process, _):
        process.send_signal(signal.SIGINT)
        out, errors = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, out, errors) == (130, "", "touchline: interrupted\n")


def test_the_document_misbehaves_when_it_is_asked_to() -> None:
    seen: set[str] = set()

    def answer() -> bool:
        try:
            found = httpx.get(url, timeout=1.0)
        except httpx.TimeoutException:
            seen.add("silent")
        except httpx.RemoteProtocolError:
            seen.add("cut")
        else:
            if found.status_code == 503:
                assert found.headers["retry-after"] == "1"
                seen.add("unavailable")
            else:
                seen.add("broken")
                with pytest.raises(ValueError):
                    found.json()
        return seen == kinds

    with documents("--speed", "max", "--faults", "disconnect=1") as (_, url):
        kinds = {"silent", "cut", "unavailable"}
        until(answer)
    seen.clear()
    with documents("--speed", "max", "--faults", "malformed=1") as (_, url):
        kinds = {"broken"}
        until(answer)


def test_what_is_pushed_is_polled_to_the_same_end(service: Running) -> None:
    """A rehearsal of the poll: every fault of a document, taken in as snapshots, ends as the file."""
    faults = "retract=0.3,amend=0.3,delay=0.3,malformed=0.2,disconnect=0.2"
    with documents("--speed", "3000", "--faults", faults) as (_, url):
        process = subprocess.Popen(
            [sys.executable, "-m", "app", "poll", "touchline", url, "--match", "sim-polled", "--origin", "simulation"]
            + ["--every", "0.1", "--timeout", "0.5", "--snapshot"],
            cwd=ROOT,
            env=environment(database_url=service.dsn),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        plain = ingested(service, "touchline", TINY, "sim-polled-plain")
        service.http.post("/v1/matches", json={"id": "sim-polled", "origin": "simulation", "status": "finished"})
        try:
            until(lambda: signals(service, "sim-polled") == plain)
            process.send_signal(signal.SIGTERM)
            _, errors = process.communicate(timeout=PATIENCE_S)
        finally:
            process.kill()
    assert process.returncode == 0, errors
    assert {json.loads(line)["event"].partition(".")[0] for line in errors.splitlines()} == {"poll"}
    assert service.http.get("/v1/matches/sim-polled").json()["origin"] == "simulation"


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        ([str(TINY), "--speed", "fast"], 2, "--speed"),
        ([str(TINY), "--faults", "dance=1"], 2, "dance"),
        ([str(TINY), "--faults", "delay=7"], 2, "delay=7"),
        ([str(TINY), str(TINY), "--match", "x"], 2, "--match"),
        ([str(TINY), str(TINY)], 2, "Two files"),
        ([str(TINY), "--match", "a/b"], 2, "match id"),
        ([str(TINY), "--no-push"], 2, "--poll-port"),
        ([str(TINY), "--no-push", "--poll-port", "70000"], 2, "70000"),
        (["nowhere.jsonl"], 1, "no file"),
        ([str(ROOT / "README.md")], 1, "not JSON"),
        ([str(TINY), "--target", "http://127.0.0.1:1"], 1, "Nothing answers at http://127.0.0.1:1"),
        ([str(TINY), "--target", "nonsense"], 1, "Nothing answers at nonsense"),
    ],
    ids=lambda v: " ".join(v)[-40:] if isinstance(v, list) else "",
)
def test_wrong_use_is_one_line(arguments: list[str], code: int, says: str) -> None:
    done = touchline("simulate", "touchline", *arguments)
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert re.search(says, done.stderr), done.stderr
