"""JSON as feeds deliver it: cutting a payload into messages, and reading one message with an error a person can use.

A payload is a JSON array (a whole file), one object (a push), or NDJSON (one object a line). Messages are handed
on as the very bytes that came: nothing is parsed and written again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from app.errors import DecodeError, UnreadableFile

T = TypeVar("T")

# Every element of an array costs some 56 bytes while the array is cut; this bounds them at about 0.2 GB,
# and is more than ten times what the largest file of a season of matches holds.
MAX_COMMAS = 4_000_000
# So many lines in a row, from the first on, that are not JSON: the payload is something else altogether.
MAX_LEADING_BAD_LINES = 100

_BOM = b"\xef\xbb\xbf"
_NOT_SPACE = re.compile(rb"[^ \t\r\n]")
_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])
_ONE = msgspec.json.Decoder(msgspec.Raw)
_LEADING_ID = re.compile(rb'\s*\{\s*"id"\s*:\s*"([^"\\\x00-\x1f]{1,200})"')
_PATH_STEP = re.compile(r"\.([^.\[\]`]+)|\[(\d+)\]")


class _Id(msgspec.Struct):
    id: str


_ID = msgspec.json.Decoder(_Id)


def split(payload: bytes) -> Iterator[bytes | Exception]:
    """Cut a payload into messages, in order; see the module for the three shapes it may have.

    Yields `bytes` for a message, `DecodeError` for a line of NDJSON that is not one JSON object. Raises
    UnreadableFile, before the first message, when nothing can be told apart: empty, no JSON, an array that is
    broken or ends too early (with the byte where it does), or more than MAX_COMMAS elements.
    """
    start = len(_BOM) if payload.startswith(_BOM) else 0
    found = _NOT_SPACE.search(payload, start)
    if found is None:
        raise UnreadableFile("The payload is empty; a JSON array, one JSON object or NDJSON was expected.")
    first = found.start()
    if payload[first] == ord("["):
        return _elements(payload, first)
    if payload[first] != ord("{") and payload.find(b"\n{", first) < 0:
        head = payload[first : first + 16]
        hint = (
            " It is compressed with gzip: send it unpacked (a file may stay packed if its name ends in .gz)."
            if head[:2] == b"\x1f\x8b"
            else ""
        )
        raise UnreadableFile(f"The payload is not JSON: at byte {first} it begins with {head!r}.{hint}")
    whole = _object(payload, first, len(payload))
    return iter([whole]) if isinstance(whole, bytes) else _lines(payload, first)


def read(decoder: msgspec.json.Decoder[T], raw: bytes) -> T:
    """One message as a typed struct.

    Raises DecodeError, and nothing else, with one sentence that names the field, its value and what was expected,
    and with the message's id where one can be recognised.
    """
    try:
        if not raw.isascii():
            raw.decode("utf-8")
        # No text of a message may hold NUL: PostgreSQL has no such character.
        if b"\\u0000" in raw:
            raise DecodeError("The message holds the escape \\u0000 (NUL), which no text may have.", source_id(raw))
        return decoder.decode(raw)
    except msgspec.ValidationError as exc:
        raise DecodeError(_explain(raw, str(exc), decoder.type), source_id(raw)) from None
    except UnicodeDecodeError as exc:
        raise DecodeError(f"The message is not UTF-8 (byte {exc.start}).", source_id(raw)) from None
    except RecursionError:
        raise DecodeError("The message is nested too deeply to be read.", source_id(raw)) from None
    except ValueError as exc:
        raise DecodeError(f"The message is not valid JSON: {_lower(str(exc))}.", source_id(raw)) from None


def source_id(raw: bytes | memoryview) -> str | None:
    """The message's own `id`, if it has one that can be read: also of a broken message that begins with it."""
    try:
        found = _ID.decode(raw).id
    except (ValueError, RecursionError):
        match = _LEADING_ID.match(raw)
        found = match.group(1).decode("utf-8", "replace") if match else None
    return found if found and len(found) <= 200 and "\x00" not in found else None


def _elements(payload: bytes, first: int) -> Iterator[bytes]:
    """The elements of an array that begins at byte `first`. Raises before anything is yielded."""
    second = _NOT_SPACE.search(payload, first + 1)
    if second is not None and payload[second.start()] not in b"{]":
        raise UnreadableFile(f"The array does not hold objects: see byte {second.start()} of the payload.")
    if payload.count(b",") > MAX_COMMAS:
        raise UnreadableFile(f"The array has more than {MAX_COMMAS} commas: too many for one payload. Cut it up.")
    try:
        raws = _ARRAY.decode(memoryview(payload)[first:] if first else payload)
    except RecursionError:
        raise UnreadableFile("The array is nested too deeply to be read.") from None
    except ValueError as exc:
        text = str(exc)
        if "truncated" in text:
            raise UnreadableFile(f"The array is cut off: it ends at byte {len(payload)} without its ']'.") from None
        where = re.search(r"\(byte (\d+)\)", text)
        at = f" at byte {int(where.group(1)) + first}" if where else ""
        raise UnreadableFile(f"The array is broken{at}: {_lower(text.split(' (byte')[0])}.") from None
    return (bytes(raw) for raw in raws)


def _lines(payload: bytes, first: int) -> Iterator[bytes | Exception]:
    """The lines of NDJSON from byte `first` on. A payload without one good line near its head is no NDJSON."""
    lines = _each_line(payload, first)
    head: list[bytes | Exception] = []
    for line in lines:
        head.append(line)
        if isinstance(line, bytes):
            return _chain(head, lines)
        if len(head) > MAX_LEADING_BAD_LINES:
            break
    reason = str(head[0])
    raise UnreadableFile(f"The payload is neither one JSON object nor NDJSON. {reason}")


def _chain(head: list[bytes | Exception], rest: Iterator[bytes | Exception]) -> Iterator[bytes | Exception]:
    yield from head
    yield from rest


def _each_line(payload: bytes, first: int) -> Iterator[bytes | Exception]:
    number = 1 + payload.count(b"\n", 0, first)
    at = first
    while at < len(payload):
        end = payload.find(b"\n", at)
        end = len(payload) if end < 0 else end
        begin = _NOT_SPACE.search(payload, at, end)
        if begin is not None:
            found = _object(payload, begin.start(), end)
            if isinstance(found, bytes):
                yield found
            else:
                known_id = source_id(memoryview(payload)[begin.start() : end])
                yield DecodeError(f"Line {number} (byte {at}): {found}", known_id, payload[begin.start() : end])
        at, number = end + 1, number + 1


def _object(payload: bytes, at: int, end: int) -> bytes | str:
    """The one JSON object between two bytes of a payload, without the space around it; or why it is none.

    Looks without copying, so that a huge stretch of garbage costs nothing.
    """
    if payload[at] != ord("{"):
        return f"not a JSON object; it begins with {payload[at : min(at + 16, end)]!r}."
    try:
        return bytes(_ONE.decode(memoryview(payload)[at:end]))
    except RecursionError:
        return "nested too deeply to be read."
    except ValueError as exc:
        return f"{_lower(str(exc))}."


def _explain(raw: bytes, problem: str, expected: Any) -> str:
    """A validation error in words, with the value that was found. expected: the type of the whole message."""
    what, _, where = problem.partition(" - at `")
    if not where:
        return f"{what}." if what.startswith("Object") else f"The message is not an event: {_lower(what)}."
    path = where.rstrip("`").removeprefix("$")
    name = path.removeprefix(".")
    if what.startswith("Object missing"):
        return f"Field `{name}`: {_lower(what)}."
    if what.startswith("Invalid enum value") and (words := _words_at(expected, path)):
        what = f"expected one of {', '.join(words)}"
    return f"Field `{name}`: {_lower(what)}{_value_at(raw, path)}."


def _words_at(expected: Any, path: str) -> list[str]:
    """The values that a `Literal` allows at a path inside a type; none where there is something else."""
    found = _parts(inspect.type_info(expected))
    for key, _ in _PATH_STEP.findall(path):
        if key:
            fields = [f for p in found if isinstance(p, inspect.StructType) for f in p.fields]
            found = [q for f in fields if f.encode_name == key for q in _parts(f.type)]
        else:
            found = [q for p in found if isinstance(p, inspect.ListType) for q in _parts(p.item_type)]
    return [str(word) for p in found if isinstance(p, inspect.LiteralType) for word in p.values]


def _parts(kind: inspect.Type) -> list[inspect.Type]:
    """The members of a union, or the type itself; without what is only said about it."""
    if isinstance(kind, inspect.UnionType):
        return [q for p in kind.types for q in _parts(p)]
    return _parts(kind.type) if isinstance(kind, inspect.Metadata) else [kind]


def _value_at(raw: bytes, path: str) -> str:
    """`; it is <value>` for the value at a path like `.tactics.lineup[0]`, shortened; nothing where it is not there."""
    try:
        value: Any = msgspec.json.decode(raw)
        for key, index in _PATH_STEP.findall(path):
            value = value[key] if key else value[int(index)]
        text = msgspec.json.encode(value).decode()
    except (ValueError, LookupError, TypeError, RecursionError):
        return ""
    return f"; it is {text if len(text) <= 60 else text[:57] + '...'}"


def _lower(text: str) -> str:
    """To go on in the middle of a sentence; an acronym stays as it is."""
    return text if text[:2].isupper() else text[:1].lower() + text[1:]
