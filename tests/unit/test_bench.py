"""The benches: every one is listed, and what reads and reduces their figures does it right."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import threading
from array import array
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from app.warehouse.kpi import Kpi
from tests.bench.kit import machine, processes, report, returners, senders, stages, subscribers, workload
from tests.bench.kit.duck import Duck
from tests.bench.resume import compare

ROOT = Path(__file__).resolve().parents[2]
BENCHES = sorted(p.stem for p in (ROOT / "tests" / "bench").glob("*.py") if p.stem != "__init__")
METRICS = """\
# TYPE touchline_stage_ms gauge
touchline_stage_ms{quantile="0.5",stage="fold"} 0.25
touchline_stage_ms{stage="fold",quantile="0.99"} 1.5
touchline_stage_ms{worker="b:2",stage="fold",quantile="0.99"} 2.5
touchline_stage_count_total{stage="fold",worker="a:1"} 30.0
touchline_stage_count_total{stage="fold",worker="b:2"} 10.0
touchline_stage_seconds_total{stage="fold",worker="a:1"} 0.04
touchline_stage_seconds_total{stage="fold",worker="b:2"} 0.02
touchline_stage_seconds_total{stage="decode"} 1e-05
touchline_stage_count_total{stage="decode"} 1.0
touchline_backlog_events 0.0
"""


@pytest.mark.parametrize("name", BENCHES)
def test_every_bench_is_listed(name: str):
    head = [line for line in (ROOT / "scripts" / "bench").read_text().splitlines() if line.startswith("#")]
    assert [line for line in head if re.match(rf"#   {name} +\S", line)], f"scripts/bench does not list {name}"
    told = (ROOT / "docs" / "bench.md").read_text()
    assert f"| [`{name}`](#{name}) |" in told
    assert f"\n## {name}\n" in told


def test_the_script_lists_nothing_else():
    listed = re.findall(r"^#   ([a-z]+) +\S", (ROOT / "scripts" / "bench").read_text(), re.M)
    assert sorted(listed) == BENCHES


def test_percentiles_are_values_that_occurred():
    values = [float(n) for n in range(1, 101)]
    assert [report.percentile(values, share) for share in (0.0, 0.5, 0.99, 1.0)] == [1.0, 50.0, 99.0, 100.0]
    assert report.percentile([7.0], 0.99) == 7.0
    assert report.spread([3.0, 1.0, 2.0]) == {"p50_ms": 2.0, "p95_ms": 3.0, "p99_ms": 3.0, "max_ms": 3.0}
    assert report.spread([]) == {"p50_ms": None, "p95_ms": None, "p99_ms": None, "max_ms": None}


def test_figures_become_a_table():
    lines = report.table({"p50_ms": 1.25, "none": None, "curve": [{"workers": 1, "cpu": {"api": 2.0}}], "empty": {}})
    assert lines == [
        "p50_ms  1.25",
        "none    –",
        "curve",
        "  workers",
        "        1",
        "  cpu",
        "    workers  api",
        "          1    2",
        "empty   {}",
    ]


def test_stages_are_read_from_metrics():
    found = stages.parse(METRICS)
    assert found["fold"] == {"count": 40, "seconds": 0.06, "p50_ms": 0.25, "p99_ms": 2.5}
    assert stages.parse("touchline_backlog_events 0.0\n") == {}


def test_stages_between_two_looks():
    before = {"fold": {"count": 20, "seconds": 0.02}, "decode": {"count": 1, "seconds": 1e-05}}
    told = stages.between(before, stages.parse(METRICS))
    assert told == {"fold": {"count": 20, "seconds": 0.04, "mean_ms": 2.0, "p50_ms": 0.25, "p99_ms": 2.5}}
    assert list(stages.between({}, stages.parse(METRICS))) == ["decode", "fold"]


ANSWER = b'HTTP/1.1 200 OK\r\nContent-Length: 44\r\n\r\n{"appended":1,"last_version":7,"problems":[]}'


def test_answers_are_whole_or_not():
    assert not senders.is_whole(ANSWER[:20])
    assert not senders.is_whole(ANSWER[:-2])
    assert senders.is_whole(ANSWER)


def test_the_version_of_an_answer():
    assert senders.version_of(ANSWER) == 7
    assert senders.version_of(ANSWER.replace(b'"last_version":7', b'"last_version":null')) is None
    assert senders.version_of(ANSWER.replace(b"200 OK", b"503 No")) is None


def test_a_push_can_be_put_off():
    told = b"HTTP/1.1 429 Too Many Requests\r\nretry-after: 3\r\ncontent-length: 0\r\n\r\n"
    assert senders.retry_after(told) == 3.0
    assert senders.retry_after(told.replace(b"retry-after: 3\r\n", b"")) == 1.0
    assert senders.retry_after(ANSWER) is None
    assert senders.retry_after(told.replace(b"429", b"500")) is None


class _Api(threading.Thread):
    """Takes pushes on one connection: puts the second one off once, numbers the others."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.taken: list[bytes] = []

    def run(self) -> None:
        """Until the sender hangs up."""
        connection, _ = self._listening.accept()
        asked = 0
        with connection, self._listening:
            while got := connection.recv(65536):
                asked += 1
                if asked == 2:
                    connection.sendall(b"HTTP/1.1 429 Too Many\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n")
                    continue
                self.taken.append(got.rpartition(b"\r\n")[2])
                body = b'{"last_version":%d}' % len(self.taken)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))


def test_paced_events_stay_in_order_also_when_one_is_put_off():
    api = _Api()
    api.start()
    happened: list[int] = []
    shots = [senders.shot(0.0, 0, "m1", "statsbomb", b'{"n":%d}' % n) for n in range(4)]
    shots[3] = shots[3]._replace(due_s=0.3)
    # One at its time, one not before all that was due in its lane is answered.
    look = lambda: happened.append(len(api.taken))  # noqa: E731
    ticks = [senders.Tick(0.0, look), senders.Tick(0.001, look, lane=0)]
    sent = senders.paced(api.port, shots, 1, ticks)
    api.join()
    assert api.taken == [b'{"n":%d}' % n for n in range(4)]
    assert [(s.version, s.put_off) for s in sent] == [(1, 0), (2, 1), (3, 0), (4, 0)]
    assert all(s.due <= s.sent <= s.answered for s in sent)
    assert happened[0] < 3
    assert happened[1] >= 3


def test_a_line_sends_one_event_after_the_other():
    api = _Api()
    api.start()
    with senders.Line(api.port) as line:
        sent = [line.push("m1", "statsbomb", b'{"n":%d}' % n) for n in range(3)]
    api.join()
    assert api.taken == [b'{"n":%d}' % n for n in range(3)]
    assert [(s.version, s.put_off) for s in sent] == [(1, 0), (2, 1), (3, 0)]
    assert all(a.answered <= b.sent for a, b in pairwise(sent))


def test_the_script_is_sound_shell():
    script = ROOT / "scripts" / "bench"
    assert subprocess.run(["bash", "-n", str(script)], check=False).returncode == 0
    assert os.access(script, os.X_OK)


class _Silent:
    """Stands for the socket of a client whose bytes the test hands over itself."""


def _client(monkeypatch: pytest.MonkeyPatch) -> subscribers.Client:
    monkeypatch.setattr(subscribers, "connect", lambda *_: _Silent())
    return subscribers.Client(0, "m1", 10)


def _frame(seq: int, version: int, event: str = "signal") -> bytes:
    body = b'{"data":{"match":"m1","as_of":{"version":%d,"period":1}}}' % version
    wire = b"id: ab-%d\nevent: %b\ndata: %b\n\n" % (seq, event.encode(), body)
    return b"%x\r\n%b\r\n" % (len(wire), wire)


@pytest.mark.parametrize("cut", range(1, 150, 7))
def test_a_client_counts_whole_frames_wherever_they_are_cut(monkeypatch: pytest.MonkeyPatch, cut: int):
    client = _client(monkeypatch)
    whole = _frame(1, 3, "snapshot") + _frame(2, 4) + _frame(3, 4) + _frame(4, 99)
    client.take(1.0, whole[:cut])
    client.take(2.0, whole[cut:])
    assert client.counts == array("H", [0, 0, 0, 1, 2, 0, 0, 0, 0, 0])
    assert client.times[4] == 2.0
    assert client.ready
    assert client.resyncs == 0


def test_a_client_notices_that_it_must_begin_anew(monkeypatch: pytest.MonkeyPatch):
    client = _client(monkeypatch)
    client.take(1.0, _frame(1, 0, "snapshot"))
    client.take(2.0, _frame(2, 0, "resync") + _frame(2, 0, "snapshot"))
    assert client.resyncs == 1


def test_ids_of_frames_are_found():
    read = b"retry: 1000\n\n" + _frame(12, 4) + b"8\r\n: ping\n\n\r\n" + _frame(13, 4, "end")
    assert returners.frames(read) == [("ab-12", 12, "signal"), ("ab-13", 13, "end")]


@pytest.mark.parametrize(
    ("got", "faults"),
    [([5, 6, 7], (0, 0)), ([5, 7], (1, 0)), ([5, 6, 6, 7], (0, 1)), ([5, 7, 6], (0, 1)), ([4, 5, 6, 7], (0, 1))],
)
def test_gaps_and_repeats(got: list[int], faults: tuple[int, int]):
    assert compare([5, 6, 7], got) == faults


def test_the_slope_of_memory_is_that_of_the_second_half():
    rising = [(float(at), 100.0 + max(0, at - 50) / 60) for at in range(101)]
    found = processes.summary(rising)
    assert (found["start_mb"], found["middle_mb"], found["slope_mb_per_min"]) == (100.0, 100.0, 1.0)
    assert processes.summary([(0.0, 5.0)])["slope_mb_per_min"] == 0.0


def test_the_file_system_is_that_of_the_nearest_mount():
    mounts = "/dev/vda / ext4 rw 0 0\ntmpfs /tmp tmpfs rw 0 0\ntmpfs /tmpfoo xfs rw 0 0\n"
    assert machine.filesystem(Path("/tmp/a"), mounts) == "tmpfs"
    assert machine.filesystem(Path("/home/a"), mounts) == "ext4"


def _matches(*lengths: int) -> list[workload.Match]:
    return [workload.Match(f"m{n}", "statsbomb", [b"{}"] * length) for n, length in enumerate(lengths)]


def test_lanes_go_on_with_the_next_match_and_begin_again_under_other_ids():
    told = workload.lanes(_matches(10, 10, 10), 2, 25, warm=4)
    assert [[(p.id, p.start) for p in lane] for lane in told] == [
        [("m0", 4), ("m2", 2), ("m1", 2), ("m0-2", 2)],
        [("m1-2", 4), ("m0-3", 2), ("m2-2", 2), ("m1-3", 2)],
    ]


def test_a_workload_says_when_it_repeats_matches(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(workload, "SHARED", tmp_path)
    found, told = workload.files(5)
    assert [f.id for f in found] == ["15986", "3788741", "15986-copy1", "3788741-copy1", "15986-copy2"]
    assert told == "StatsBomb demo matches of the kloppy wheel: 2 real matches, 3 copies of them"


def test_messages_are_on_one_line_each(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(workload, "SHARED", tmp_path)
    found, _ = workload.matches(2)
    assert all(len(m.messages) >= workload.WHOLE_MATCH for m in found)
    assert not any(b"\n" in message for m in found for message in m.messages)


def test_figures_are_of_the_processes_that_live():
    tree: dict[int, list[int]] = {1: [2, 3], 3: [4]}
    assert processes.family(1, tree) == [1, 2, 3, 4]
    gone: Any = [2**22 + 1]
    assert processes.cpu_s(gone) == 0.0
    assert processes.memory_mb(gone) == {"private": 0.0, "shared": 0.0}


def test_a_machine_is_described_by_what_it_can_do(tmp_path: Path) -> None:
    found = machine.calibration(tmp_path)
    assert sorted(found) == ["flush_ms", "loop_ns", "wake_us"]
    assert all(value > 0 for value in found.values())


def test_duckdb_is_asked_for_the_same_on_what_was_exported(tmp_path: Path) -> None:
    for season in (1, 2):
        part = tmp_path / "fact_pass" / "competition_key=1" / f"season_key={season}"
        part.mkdir(parents=True)
        pl.DataFrame({"match_id": ["a", "b"], "gain_m": [1.0, season * 2.0]}).write_parquet(part / "part-0000.parquet")
    questions = {name: Kpi(name, "", (), text) for name, text in {
        "fits": "SELECT match_id FROM mart.fact_pass WHERE gain_m > 3",
        "does_not": "SELECT to_char(gain_m, '9') FROM mart.fact_pass",
    }.items()}  # fmt: skip
    with Duck(tmp_path) as duck:
        assert duck.fetch("SELECT count(*), sum(gain_m) FROM mart.fact_pass WHERE match_id = $1", "b") == [(2, 6.0)]
        assert duck.refuses(questions["fits"], []) is None
        assert "to_char" in (duck.refuses(questions["does_not"], []) or "")
        rows, seconds = duck.export("fact_pass")
    assert rows == 4 and seconds > 0
    assert [p.name for p in tmp_path.iterdir()] == ["fact_pass"], "what the rival wrote is gone"
