"""XML as the feed delivers it: cutting a document into messages, and reading one message.

A message is one `Event`, or one part of a `MatchInformation` (`General`, `Environment`, each `Team`, …). Messages are
handed on as the very bytes that stand in the document. Expat alone reads them; a document type is refused before anything
of it counts, so that there are no entities to expand and nothing outside of the document to fetch.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NoReturn
from xml.parsers import expat

from app.errors import DecodeError, UnreadableFile

Element = tuple[str, dict[str, str]]

MAX_DEPTH = 32  # an event is four elements deep, a line-up five
_DOCUMENT_TYPE = "it has a document type (<!DOCTYPE>), which no message of this feed has"
CONTAINERS = ("PutDataRequest", "MatchInformation", "Teams")

_BOM = b"\xef\xbb\xbf"
_DECLARATION = re.compile(rb"\s*<\?xml\s([^>]*)\?>")
_ENCODING = re.compile(rb"encoding\s*=\s*[\"']([^\"']*)[\"']")
_EMPTY_TAG = re.compile(rb"<[^\s/>]+(?:\s+[^\s=]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*\s*/>")
_LEADING_ID = re.compile(rb"\s*<Event\b[^<>]*?\sEventId\s*=\s*[\"']([^\"'<&\x00-\x20]{1,200})[\"']")
_BARE, _BETWEEN = re.compile(rb"\s*<Event[\s/>]"), re.compile(rb"(?=<Event[\s/>])|(?<=</Event>)")
# One body may hold one document or several events without anything around them: all get one root.
_ROOT_OPEN, _ROOT_CLOSE = b"<_>", b"</_>"


class _Refused(Exception):
    """What is not taken although it may be good XML."""


def split(payload: bytes) -> Iterator[bytes | Exception]:
    """Cut a document (`PutDataRequest`), or one or several bare `Event` elements, into messages, in order.

    Raises UnreadableFile, before the first message, when the whole is not well-formed UTF-8 XML (with the byte where it
    breaks), has a document type, or is nested more than MAX_DEPTH deep. Of bare events, which belong to no document, one
    that is broken is a DecodeError in its place, as long as another one is whole.
    """
    start = _start(payload)
    spans: list[tuple[int, int]] = []
    parser = _parser()
    shift = start - len(_ROOT_OPEN)
    # Open elements as (tag, byte at which it begins); a message is what lies in nothing but containers.
    tags: list[str] = []
    begun = -1

    def opened(tag: str, _: dict[str, str]) -> None:
        nonlocal begun
        if begun < 0 and tags and tag not in CONTAINERS:
            begun = len(tags)
            spans.append((parser.CurrentByteIndex + shift, 0))
        tags.append(tag)
        if len(tags) > MAX_DEPTH:
            raise _Refused(f"it is nested more than {MAX_DEPTH} elements deep")

    def closed(_: str) -> None:
        nonlocal begun
        tags.pop()
        if begun == len(tags):
            begun = -1
            at, first = parser.CurrentByteIndex + shift, spans[-1][0]
            spans[-1] = (first, _end(payload, first, at))

    parser.StartElementHandler, parser.EndElementHandler = opened, closed
    try:
        parser.Parse(_ROOT_OPEN)
        parser.Parse(payload[start:] if start else payload)
        parser.Parse(_ROOT_CLOSE, True)
    except _Refused as exc:
        raise UnreadableFile(f"The document is refused: {exc} (byte {parser.CurrentByteIndex + shift}).") from None
    except expat.ExpatError as exc:
        apart = _one_by_one(payload[start:]) if _BARE.match(payload, start) else []
        if any(isinstance(piece, bytes) for piece in apart):
            return iter(apart)
        at = min(max(parser.ErrorByteIndex + shift, 0), len(payload))
        if b"<!DOCTYPE" in payload[max(at - 9, 0) : at + 9]:
            # Within the root that is put around it, it is not even well-formed.
            raise UnreadableFile(f"The document is refused: {_DOCUMENT_TYPE} (byte {at}).") from None
        if at >= len(payload) or (exc.code in (3, 4) and at >= len(payload) - 1):
            raise UnreadableFile(
                f"The document is cut off: it ends at byte {len(payload)} within an element."
            ) from None
        raise UnreadableFile(f"The document is broken at byte {at}: {expat.ErrorString(exc.code)}.") from None
    return (payload[first:end] for first, end in spans)


def _start(payload: bytes) -> int:
    """The byte behind what stands before the first element. Raises UnreadableFile for what is no XML in UTF-8."""
    start = len(_BOM) if payload.startswith(_BOM) else 0
    if not payload[start : start + 4096].strip() and not payload.strip():
        raise UnreadableFile("The payload is empty; an XML document was expected.")
    declared = _DECLARATION.match(payload, start)
    if declared is not None:
        encoding = _ENCODING.search(declared.group(1))
        if encoding is not None and encoding.group(1).lower() not in (b"utf-8", b"us-ascii", b"ascii"):
            raise UnreadableFile(f"The document says that it is {encoding.group(1)[:40]!r}; UTF-8 was expected.")
        start = declared.end()
    elif not payload[start : start + 4096].lstrip().startswith(b"<"):
        hint = " It is compressed with gzip: send it unpacked (a file may stay packed if its name ends in .gz)."
        packed = payload[:2] == b"\x1f\x8b"
        raise UnreadableFile(
            f"The payload is not XML: it begins with {payload[start : start + 16]!r}.{hint if packed else ''}"
        )
    return start


def read(raw: bytes) -> list[Element]:
    """One message as its elements in document order, each a tag and its attributes.

    Raises DecodeError, and nothing else, with the event's id where one can be recognised.
    """
    elements: list[Element] = []
    depth = 0

    def opened(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH:
            raise _Refused(f"it is nested more than {MAX_DEPTH} elements deep")
        elements.append((tag, attributes))

    def closed(_: str) -> None:
        nonlocal depth
        depth -= 1

    parser = _parser()
    parser.StartElementHandler, parser.EndElementHandler = opened, closed
    try:
        parser.Parse(raw, True)
    except _Refused as exc:
        raise DecodeError(f"The message is refused: {exc}.", leading_id(raw)) from None
    except expat.ExpatError as exc:
        what = expat.ErrorString(exc.code)
        raise DecodeError(
            f"The message is not well-formed XML: {what} (byte {parser.ErrorByteIndex}).", leading_id(raw)
        ) from None
    return elements


def _one_by_one(events: bytes) -> list[bytes | Exception]:
    """Bare events of which one is broken, each on its own: the bytes of those that are whole, and what is wrong with others."""
    found: list[bytes | Exception] = []
    for piece in filter(None, map(bytes.strip, _BETWEEN.split(events))):
        try:
            read(piece)
            found.append(piece)
        except DecodeError as exc:
            found.append(DecodeError(exc.reason, exc.source_event_id, piece))
    return found


def leading_id(raw: bytes) -> str | None:
    """The EventId with which a message begins, also of one that is broken further on."""
    found = _LEADING_ID.match(raw)
    return None if found is None else found.group(1).decode("utf-8", "replace")


def _parser() -> expat.XMLParserType:
    # The encoding is given, so that no declaration changes how bytes are read.
    parser = expat.ParserCreate("UTF-8")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _no_document_type
    return parser


def _no_document_type(*_: object) -> NoReturn:
    raise _Refused(_DOCUMENT_TYPE)


def _end(payload: bytes, first: int, at: int) -> int:
    """The byte behind an element that begins at `first` and whose end expat saw at `at`: of an empty one that is already
    behind its only tag, whose values may hold a '>'."""
    empty = _EMPTY_TAG.match(payload, first)
    return payload.index(b">", at) + 1 if empty is None else empty.end()
