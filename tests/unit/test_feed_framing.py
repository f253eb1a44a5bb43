"""Cutting payloads into messages: every shape, every way of being broken, and sizes that must not hurt."""

from __future__ import annotations

import json
import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import DecodeError, UnreadableFile
from app.feeds.framing import MAX_COMMAS, source_id, split


def test_array_keeps_the_bytes_of_each_element() -> None:
    payload = b' [ {"id": "a",\n "x" : 1.50 } ,{"id":"b","n":"\xc3\xa9"}\n]\n'
    assert list(split(payload)) == [b'{"id": "a",\n "x" : 1.50 }', b'{"id":"b","n":"\xc3\xa9"}']


def test_empty_array_has_no_messages() -> None:
    assert list(split(b"[]")) == []


def test_a_byte_order_mark_is_not_part_of_a_message() -> None:
    assert list(split(b'\xef\xbb\xbf{"id":"a"}')) == [b'{"id":"a"}']
    assert list(split(b'\xef\xbb\xbf[{"id":"a"}]')) == [b'{"id":"a"}']


def test_one_object_over_several_lines() -> None:
    assert list(split(b'\n{\n "id": "a"\n}\n')) == [b'{\n "id": "a"\n}']


def test_ndjson_with_blank_lines_and_carriage_returns() -> None:
    assert list(split(b'{"id":"a"}\r\n\r\n  {"id":"b"} \n')) == [b'{"id":"a"}', b'{"id":"b"}']


def test_a_broken_line_is_told_and_the_rest_goes_on() -> None:
    first, broken, not_object, last = split(b'{"id":"a"}\n{"id":"b", oops}\n\n[1]\n{"id":"c"}\n')
    assert (first, last) == (b'{"id":"a"}', b'{"id":"c"}')
    assert isinstance(broken, DecodeError)
    assert broken.source_event_id == "b"
    assert broken.reason.startswith("Line 2 (byte 11): JSON is malformed")
    assert isinstance(not_object, DecodeError)
    assert "Line 4" in not_object.reason
    assert "not a JSON object" in not_object.reason


def test_a_broken_first_line_does_not_hide_the_others() -> None:
    broken, good = split(b'# comment\n{"id":"a"}\n')
    assert isinstance(broken, DecodeError)
    assert good == b'{"id":"a"}'


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        (b"", "empty"),
        (b" \n\t ", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"<xml/>", "not JSON: at byte 0"),
        (b"\x1f\x8b\x08\x00rest", "gzip: send it unpacked"),
        (b'{"id":"a"', "neither one JSON object nor NDJSON"),
        (b'{\n "id": "a",\n "x": \n', "neither one JSON object nor NDJSON"),
        (b'[{"id":"a"},{"id":', "cut off: it ends at byte 18"),
        (b"[", "cut off: it ends at byte 1"),
        (b'  [{"id":"a"},\n{"id":x}]', "broken at byte 21"),
        (b'[{"id":"a"}] more', "broken at byte"),
        (b"[1,2,3]", "does not hold objects: see byte 1"),
        (b'[{"a":' + b"[" * 100_000, "nested too deeply"),
    ],
)
def test_what_cannot_be_told_apart_is_refused_at_once(payload: bytes, message: str) -> None:
    with pytest.raises(UnreadableFile, match=message):
        split(payload)


def test_an_element_that_is_no_object_is_left_to_the_decoder() -> None:
    assert list(split(b'[{"id":"a"}, 5]')) == [b'{"id":"a"}', b"5"]


MANY = 50_000_000


@pytest.mark.parametrize(
    "payload",
    [
        b"\x00" * MANY,
        b"[" * MANY,
        b"{" * MANY,
        b"{\n" * (MANY // 2),
        b" " * MANY,
        b"[" + b"1," * (MANY // 2),
        b"[{}," + b"1," * (MANY // 2),
        b'{"id":"a","x":"' + b"x" * MANY,
        b'[{"a":' + b"[" * MANY,
    ],
    ids=["zeros", "brackets", "braces", "brace lines", "spaces", "numbers", "hidden numbers", "long text", "deep"],
)
def test_fifty_megabytes_of_garbage_cost_nothing(payload: bytes) -> None:
    tracemalloc.start()
    began = time.perf_counter()
    with pytest.raises(UnreadableFile):
        list(split(payload))
    took, (_, peak) = time.perf_counter() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert took < 2
    assert peak < 1_000_000


def test_more_elements_than_a_payload_may_have() -> None:
    with pytest.raises(UnreadableFile, match="Cut it up"):
        split(b"[{}" + b",{}" * (MAX_COMMAS + 1) + b"]")


@given(st.lists(st.dictionaries(st.text(), st.integers() | st.text() | st.none()), min_size=1))
def test_every_shape_gives_the_same_messages(objects: list[dict[str, object]]) -> None:
    texts = [json.dumps(o).encode() for o in objects]
    assert list(split(b"[" + b" , ".join(texts) + b"]")) == texts
    assert list(split(b"\n".join(texts))) == texts


@given(st.binary(max_size=300) | st.text(alphabet='[]{}",:\\n \n1eE-', max_size=300).map(str.encode))
def test_any_bytes_give_messages_or_the_two_errors(payload: bytes) -> None:
    try:
        for message in split(payload):
            assert isinstance(message, bytes | DecodeError)
    except UnreadableFile:
        pass


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b'{"x":1,"id":"a"}', "a"),
        (b'{"id":"a","x":', "a"),
        (b'{"id":5}', None),
        (b'{"id":""}', None),
        (b'{"id":"' + b"a" * 500 + b'"}', None),
        (b'{"id":"a\\u0000"}', None),
        (b"[]", None),
        (b"", None),
    ],
)
def test_the_id_is_recognised_where_it_can_be(raw: bytes, expected: str | None) -> None:
    assert source_id(raw) == expected
