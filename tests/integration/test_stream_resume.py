"""Resume: from every id, for every kind of stream, at any process, every later frame once and in order."""

from __future__ import annotations

import itertools
import signal
import threading
from concurrent.futures import ThreadPoolExecutor

from tests.running import TINY, Running, service
from tests.serving import api
from tests.sse import Sent, Stream

LINES = TINY.read_bytes().splitlines()
LATE = (
    b'{"id":"late","type":"shot","period":1,"order":12.5,"clock_s":49,"team":"harbour","player":"h9",'
    b'"fields":{"x_m":98,"y_m":34,"outcome":"goal","shot_kind":"open_play","body_part":"right_foot"}}'
)
CORRECTED = (
    *LINES[:16],
    LATE,
    LATE.replace(b'"goal"', b'"saved"').replace(b'"id"', b'"kind":"amended","id"'),
    b'{"id":"late","kind":"retracted"}',
    *LINES[16:24],
)
QUERIES = (
    "match=res-a",
    "match=res-b&match=res-a",
    "",
    "match=res-a&signal=xg&signal=win_probability",
    "match=res-b&match=res-a&event=shot",
    "signal=momentum&event=period_start",
    "match=res-a&delay_ms=200",
    "match=res-a&match=res-b&delay_ms=200&signal=xg",
)


def play(running: Running, *matches: str) -> None:
    """Every line of the match, with its corrections, to each of them in turn; then all of them are over."""
    for line in CORRECTED:
        for match in matches:
            running.push(match, line)
    for match in matches:
        running.http.post("/v1/matches", json={"id": match, "status": "finished"}).raise_for_status()
        running.scored(match)


def wanted(query: str, frame: Sent) -> bool:
    """Does a frame belong to a stream? Said again, in the words of the documentation."""
    asked = [tuple(part.split("=")) for part in query.split("&") if part]
    matches = [v for k, v in asked if k == "match"]
    signals = [v for k, v in asked if k == "signal"]
    events = [v for k, v in asked if k == "event"]
    if matches and frame.data["match"] not in matches:
        return False
    if frame.event == "end" or not (signals or events):
        return True
    if frame.event == "event":
        return not {frame.data["event"]["type"], frame.data["event"].get("was_type")}.isdisjoint(events)
    return frame.data["signal"] in signals


def from_every_id(at: Running, query: str, whole: list[Sent], every: int = 1) -> None:
    """Reconnect with every (nth) id there is, several at once, and compare the rest."""
    assert any(wanted(query, f) for f in whole)

    def goes_on(place: int) -> None:
        last = whole[place]
        expected = [f for f in whole[place + 1 :] if wanted(query, f)]
        with Stream(at.port, query, last_id=last.id) as stream:
            assert stream.frames(len(expected)) == expected, (query, last.id)
            if place == 0:
                assert stream.quiet() == []

    with ThreadPoolExecutor(8) as several:
        list(several.map(goes_on, range(0, len(whole), every)))


def recorded(running: Running) -> list[Sent]:
    """Everything that was said of two matches that are played at once."""
    for match in ("res-a", "res-b"):
        running.http.post("/v1/matches", json={"id": match, "competition": "Cup"}).raise_for_status()
        running.scored(match)
    with Stream(running.port, "match=res-a&match=res-b") as stream:
        assert [f.event for f in stream.frames(2)] == ["snapshot", "snapshot"]
        play(running, "res-a", "res-b")
        whole = stream.until_end("res-a")
        whole += stream.until_end("res-b") if not any(_is_end(f, "res-b") for f in whole) else []
    assert {f.event for f in whole} >= {"event", "signal", "correction", "end"}
    assert all(a.seq < b.seq for a, b in itertools.pairwise(whole))
    return whole


def _is_end(frame: Sent, match: str) -> bool:
    return frame.event == "end" and frame.data["match"] == match


def test_every_id_can_be_continued_at_every_process(dsn: str) -> None:
    """From memory, from the database, from both in one stream, at another process, and after a restart."""
    settings = {"database_url": dsn, "heartbeat_s": 0.1}
    with service(ring_frames=100, **settings) as running:
        whole = recorded(running)
        assert len(whole) > 150
        for number, query in enumerate(QUERIES):
            from_every_id(running, query, whole, every=2 if number < 3 else 6)
        # Begun after all was said: what it warmed itself with, and what only the database has.
        with api(dsn, heartbeat_s=0.1, ring_frames=150) as other:
            for query in QUERIES[:3]:
                from_every_id(other, query, whole, every=4)
        with api(dsn, heartbeat_s=0.1) as again:
            from_every_id(again, "", whole, every=2)
            # And so does what is said from now on.
            with Stream(again.port, "match=res-a", last_id=whole[-1].id) as stream:
                play(running, "res-c")
                running.push("res-a", LATE.replace(b"late", b"even-later"))
                after = stream.frame()
            assert after.data["match"] == "res-a"
            assert after.seq > whole[-1].seq


def test_a_process_that_is_stopped_ends_its_streams_and_they_go_on_elsewhere(dsn: str) -> None:
    with service(database_url=dsn, heartbeat_s=0.5) as running, api(dsn) as leaving, api(dsn) as staying:
        running.http.post("/v1/matches", json={"id": "moved", "competition": "Cup"}).raise_for_status()
        running.scored("moved")
        queries = ["match=moved", "", "match=moved&signal=xg", "match=moved&delay_ms=100"] * 5
        streams = [Stream(leaving.port, query).open() for query in queries]
        seen = [[stream.frame()] for stream in streams]
        assert {f[0].event for f in seen} == {"snapshot"}
        half, left = threading.Event(), threading.Event()

        def pour() -> None:
            for number, line in enumerate(CORRECTED):
                running.push("moved", line)
                if number == len(CORRECTED) // 2:
                    half.set()
                if number == len(CORRECTED) - 5:
                    assert left.wait(60)
            running.http.post("/v1/matches", json={"id": "moved", "status": "finished"}).raise_for_status()

        pouring = threading.Thread(target=pour)
        pouring.start()
        assert half.wait(60)
        leaving.process.send_signal(signal.SIGTERM)
        for stream, frames in zip(streams, seen, strict=True):
            frames.extend(stream.rest())
            assert stream.ended, "it was cut, not ended"
            stream.close()
        left.set()
        assert leaving.process.wait(30) == 0
        assert "Traceback" not in leaving.log.read_text()
        assert any(len(frames) > 1 for frames in seen)
        pouring.join()
        with Stream(staying.port, "match=moved", last_id=f"{seen[0][0].id.partition('-')[0]}-0") as stream:
            whole = stream.until_end("moved")
        assert {f.event for f in whole} >= {"event", "signal", "correction", "end"}
        for query, frames in zip(queries, seen, strict=True):
            with Stream(staying.port, query, last_id=frames[-1].id) as stream:
                rest = stream.until_end("moved")
            # From the state that each began with: a delayed one is an older one.
            expected = [f for f in whole if wanted(query, f) and f.seq > frames[0].seq]
            assert frames[1:] + rest == expected, query
