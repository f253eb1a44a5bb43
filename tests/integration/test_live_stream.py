"""The live stream as its clients see it: state first, then every change once, in order, whatever happens between."""

from __future__ import annotations

import itertools
import re
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.running import TINY, Running, until
from tests.sse import Sent, Stream

LINES = TINY.read_bytes().splitlines()
END = {"status": "finished"}


def finish(service: Running, match: str) -> None:
    """Say that a match is over: its frames end with `end`."""
    service.http.post("/v1/matches", json={"id": match, **END}).raise_for_status()


def shot(name: str, clock_s: int = 60) -> bytes:
    return (
        b'{"id":"%s","type":"shot","period":1,"order":%d,"clock_s":%d,"team":"harbour","player":"h9",'
        b'"fields":{"x_m":98,"y_m":34,"outcome":"saved","shot_kind":"open_play","body_part":"right_foot"}}'
        % (name.encode(), clock_s, clock_s)
    )


@pytest.fixture(scope="module")
def whole(service: Running) -> list[Sent]:
    """Every frame of the tiny match, from before its first event to its end."""
    service.http.post("/v1/matches", json={"id": "live", "competition": "Cup"}).raise_for_status()
    service.scored("live")
    with Stream(service.port, "match=live") as stream:
        assert stream.frame().event == "snapshot"
        for line in LINES:
            service.push("live", line)
        finish(service, "live")
        return stream.until_end("live")


def test_state_comes_first_then_every_change_in_order(service: Running, whole: list[Sent]) -> None:
    assert {f.event for f in whole} >= {"event", "signal", "end"}
    assert all(a.seq < b.seq for a, b in itertools.pairwise(whole))
    assert {f.data["match"] for f in whole} == {"live"}
    assert all(f.cloud["source"] == "/v1/matches/live" for f in whole)
    versions = [f.data["as_of"]["version"] for f in whole]
    assert versions == sorted(versions)
    told = [
        f.data["event"]["source_event_id"]
        for f in whole
        if f.event == "event" and f.data["event"]["provider"] == "touchline"
    ]
    ids = [i for i in told if i.startswith("t-")]
    assert ids == sorted(ids)
    assert len(ids) == len(LINES)
    for frame in whole:
        if frame.event == "signal":
            assert frame.data.keys() >= {
                "match", "signal", "subject", "value", "status", "as_of", "model", "published_at", "stale_after_ms",
            }  # fmt: skip
            assert frame.data["as_of"].keys() >= {"version", "period", "elapsed_s", "clock_display"}
            assert frame.data["processing_ms"] > 0


def test_the_snapshot_is_what_the_frames_said(service: Running, whole: list[Sent]) -> None:
    with Stream(service.port, "match=live") as stream:
        assert (stream.status, stream.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
        first = stream.frame()
    assert (first.event, first.data["match"]) == ("snapshot", "live")
    said = {(f.data["signal"], f.data["subject"]): f.data["value"] for f in whole if f.event == "signal"}
    held = {(s["signal"], s["subject"]): s["value"] for s in first.data["snapshot"]["signals"]}
    assert held == said
    assert first.data["snapshot"]["match"]["status"] == "finished"
    rest = service.http.get("/v1/matches/live/snapshot").json()
    assert first.data["snapshot"]["signals"] == rest["signals"]


def test_a_client_can_go_on_from_every_id(service: Running, whole: list[Sent]) -> None:
    ids = [f.id for f in whole]

    def goes_on(place: int) -> None:
        with Stream(service.port, "match=live", last_id=ids[place]) as stream:
            assert [f.id for f in stream.until_end("live")] == ids[place + 1 :]

    with ThreadPoolExecutor(8) as several:
        list(several.map(goes_on, range(len(whole) - 1)))


def test_the_last_id_may_come_in_the_query(service: Running, whole: list[Sent]) -> None:
    with Stream(service.port, f"match=live&last_event_id={whole[3].id}") as stream:
        assert stream.frame() == whole[4]


@pytest.mark.parametrize("kind", ["foreign", "ahead", "garbage", "negative", "huge", "bare"])
def test_an_id_that_is_not_ours_gives_one_resync_and_the_state(service: Running, whole: list[Sent], kind: str) -> None:
    epoch = whole[0].id.rpartition("-")[0]
    last_id = {
        "foreign": f"00000000-{whole[0].seq}", "ahead": f"{epoch}-{whole[-1].seq + 1_000_000}", "garbage": "what?",
        "negative": f"{epoch}--5", "huge": f"{epoch}-{'9' * 400}", "bare": epoch,
    }[kind]  # fmt: skip
    with Stream(service.port, "match=live", last_id=last_id) as stream:
        found = stream.quiet()
    assert [f.event for f in found] == ["resync", "snapshot"]
    reasons = {"foreign": "other_epoch", "ahead": "ahead"}
    assert found[0].data["reason"] == reasons.get(kind, "unknown_id")
    # Whoever is cut off between the two has no state, and is told so again.
    with Stream(service.port, "match=live", last_id=found[0].id) as stream:
        assert [f.event for f in stream.quiet()] == ["resync", "snapshot"]


def test_filters_leave_out_and_keep_ids(service: Running, whole: list[Sent]) -> None:
    wanted = {
        "signal=xg": [f for f in whole if f.data.get("signal") == "xg" or f.event == "end"],
        "signal=xg&signal=win_probability": [
            f for f in whole if f.data.get("signal") in ("xg", "win_probability") or f.event == "end"
        ],
        "event=shot": [
            f for f in whole if f.event == "end" or (f.event == "event" and f.data["event"]["type"] == "shot")
        ],
        "event=shot&signal=xg": [
            f
            for f in whole
            if f.event == "end"
            or f.data.get("signal") == "xg"
            or (f.event == "event" and f.data["event"]["type"] == "shot")
        ],
    }
    start = whole[0].id
    for query, expected in wanted.items():
        with Stream(service.port, f"match=live&{query}", last_id=start) as stream:
            assert stream.until_end("live") == [f for f in expected if f.id != start], query


def test_several_matches_in_one_stream_each_in_order(service: Running) -> None:
    for match in ("several-a", "several-b", "several-c"):
        service.push(match, LINES[0])
        service.scored(match)
    with Stream(service.port, "match=several-a&match=several-b&match=several-a") as stream:
        states = stream.frames(2)
        assert sorted(f.data["match"] for f in states) == ["several-a", "several-b"]
        # Cut off after the first of two snapshots, one has half of the state: it comes whole again.
        with Stream(service.port, "match=several-a&match=several-b", last_id=states[0].id) as cut:
            assert [f.event for f in cut.frames(3)] == ["resync", "snapshot", "snapshot"]
        for line in LINES[1:]:
            for match in ("several-a", "several-b", "several-c"):
                service.push(match, line)
        finish(service, "several-b")
        finish(service, "several-a")
        found = stream.until_end("several-b")
        ended = {f.data["match"] for f in found if f.event == "end"}
        while ended != {"several-a", "several-b"}:
            found.append(stream.frame())
            ended |= {found[-1].data["match"]} if found[-1].event == "end" else set()
    assert {f.data["match"] for f in found} == {"several-a", "several-b"}
    assert all(a.seq < b.seq for a, b in itertools.pairwise(found))
    for match in ("several-a", "several-b"):
        with Stream(service.port, f"match={match}", last_id=_before(found)) as alone:
            assert alone.until_end(match) == [f for f in found if f.data["match"] == match]


def _before(found: list[Sent]) -> str:
    epoch, _, number = found[0].id.rpartition("-")
    return f"{epoch}-{int(number) - 1}"


def test_a_quiet_stream_says_that_it_lives(service: Running, whole: list[Sent]) -> None:
    with Stream(service.port, "match=live", last_id=whole[-1].id) as stream:
        assert stream.quiet() == []


def test_a_shot_shows_its_xg_while_one_listens(service: Running) -> None:
    service.push("shots", b"\n".join(LINES[:3]))
    service.scored("shots")
    with Stream(service.port, "match=shots&signal=xg") as stream:
        assert stream.frame().event == "snapshot"
        service.push("shots", shot("s1"))
        frame = stream.frame()
    assert (frame.event, frame.data["signal"], frame.data["source_event_id"]) == ("signal", "xg", "s1")
    assert 0 < frame.data["value"] < 1
    assert frame.data["processing_ms"] > 0


def test_a_correction_is_one_frame_of_its_signal(service: Running) -> None:
    service.push("corrected", b"\n".join([*LINES[:3], shot("s1", 60), shot("s2", 120)]))
    service.scored("corrected")
    with Stream(service.port, "match=corrected&signal=xg") as stream:
        stream.frame()
        service.push(
            "corrected", shot("s2", 120).replace(b'"x_m":98', b'"x_m":80').replace(b'"id"', b'"kind":"amended","id"')
        )
        frame = stream.frame()
        assert (frame.event, frame.data["source_event_id"], frame.data["revision"]) == ("correction", "s2", 1)
        assert frame.data["changed"]["points"] == 1
        assert (frame.data["summary"]["home_score"], frame.data["summary"]["away_score"]) == (0, 0)
        service.push("corrected", b'{"id":"s1","kind":"retracted"}')
        service.push("corrected", b'{"id":"s2","kind":"retracted"}')
        assert [f.event for f in stream.quiet()][-1] == "withdrawn"


def test_who_hears_of_shots_hears_when_one_is_none_after_all(service: Running) -> None:
    service.push("filtered", b"\n".join([*LINES[:3], shot("s1", 60), shot("s2", 120), shot("s3", 180)]))
    service.scored("filtered")
    with (
        Stream(service.port, "match=filtered&event=shot") as shots,
        Stream(service.port, "match=filtered&event=pass") as passes,
    ):
        for stream in (shots, passes):
            assert stream.frame().event == "snapshot"
        other = shot("s1", 60).replace(b'"type":"shot"', b'"type":"pass"').replace(b'"id"', b'"kind":"amended","id"')
        service.push("filtered", re.sub(rb'"fields":\{.*\}\}', b'"fields":{"x_m":98,"y_m":30}}', other))
        service.push("filtered", b'{"id":"s2","kind":"retracted"}')
        service.push("filtered", b'{"id":"never","kind":"retracted"}')
        service.push("filtered", shot("s4", 240))
        heard = [stream.frame().data["event"] for stream in (shots, shots, shots, passes)]
    assert [(e["source_event_id"], e["kind"], e["type"], e.get("was_type")) for e in heard] == [
        ("s1", "amended", "pass", "shot"),
        ("s2", "retracted", "other", "shot"),
        ("s4", "recorded", "shot", None),
        ("s1", "amended", "pass", "shot"),
    ]


def test_a_client_that_reads_nothing_delays_nobody(service: Running) -> None:
    api = service.child("serve")
    service.push("slow", LINES[0])
    service.scored("slow")
    deaf = [Stream(service.port, "", receive_buffer=2048) for _ in range(20)]
    before = api.memory_info().rss
    with Stream(service.port, "match=slow") as reader:
        reader.frame()
        for copy in range(40):
            service.push("slow", b"\n".join(line.replace(b'"t-', b'"c%d-' % copy) for line in LINES[1:]))
        finish(service, "slow")
        assert len(reader.until_end("slow")) > 1000
    assert api.memory_info().rss - before < 150 << 20
    for stream in deaf:
        stream.close()


def test_two_hundred_clients_at_once(service: Running) -> None:
    service.push("crowd", LINES[0])
    service.scored("crowd")
    streams = [Stream(service.port, "match=crowd") for _ in range(200)]
    for stream in streams:
        assert stream.open().frame().event == "snapshot"
    assert "touchline_stream_clients 2" in service.http.get("/metrics").text
    for line in LINES[1:10]:
        service.push("crowd", line)
    finish(service, "crowd")
    seen = {tuple(f.id for f in stream.until_end("crowd")) for stream in streams}
    assert len(seen) == 1
    for stream in streams:
        stream.close()
    until(lambda: "touchline_stream_clients 0.0" in service.http.get("/metrics").text)


def test_clients_that_leave_at_once_leave_nothing_behind(service: Running, whole: list[Sent]) -> None:
    for _ in range(50):
        with socket.create_connection(("127.0.0.1", service.port)) as leaving:
            leaving.sendall(b"GET /v1/stream?match=live HTTP/1.1\r\nHost: x\r\n\r\n")
    until(lambda: "touchline_stream_clients 0.0" in service.http.get("/metrics").text)


def test_joining_in_the_middle_of_a_storm_loses_nothing(service: Running) -> None:
    """Snapshot and frames together always give the same end, whenever one comes in."""
    service.push("storm", LINES[0])

    def pour() -> None:
        for line in LINES[1:]:
            service.push("storm", line)
        finish(service, "storm")

    pouring = threading.Thread(target=pour)
    pouring.start()
    ends = []
    while pouring.is_alive():
        with Stream(service.port, "match=storm") as stream:
            first = stream.frame()
            state = {(s["signal"], s["subject"]): s["value"] for s in first.data["snapshot"]["signals"]}
            if first.data["snapshot"]["match"]["status"] != "finished":
                for frame in stream.until_end("storm"):
                    if frame.event in ("signal", "correction"):
                        state[(frame.data["signal"], frame.data["subject"])] = frame.data["value"]
            ends.append(state)
    pouring.join()
    held = service.http.get("/v1/matches/storm/snapshot").json()["signals"]
    assert ends
    assert all(end == {(s["signal"], s["subject"]): s["value"] for s in held} for end in ends)
