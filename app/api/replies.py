"""What controllers share: pages with opaque cursors, ETag and 304, and reading the small parameters."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response
from litestar.params import Parameter
from msgspec import Meta

from app.errors import UsageError

MAX_LIMIT = 1000
Limit = Annotated[int, Parameter(ge=1, le=MAX_LIMIT, description="most items of one page")]
Cursor = Annotated[str | None, Parameter(description="`next` of the page before")]
_encode = msgspec.json.Encoder().encode
Reply = Response[bytes]


def reply(request: Request[Any, Any, Any], body: Any, identity: Any = None) -> Reply:
    """JSON; where it is read, with an ETag, and 304 when the client has it already.

    identity: what the ETag is made of, where the body also says when it was made.
    """
    content = _encode(body)
    if request.method not in ("GET", "HEAD"):
        return Response(content, media_type="application/json")
    told = content if identity is None else _encode(identity)
    etag = f'{"" if identity is None else "W/"}"{hashlib.blake2b(told, digest_size=12).hexdigest()}"'
    headers = {"ETag": etag, "Cache-Control": "no-cache"}
    known = [t.strip().removeprefix("W/") for t in request.headers.get("if-none-match", "").split(",")]
    if etag.removeprefix("W/") in known or "*" in known:
        return Response(b"", status_code=304, headers=headers)
    return Response(content, media_type="application/json", headers=headers)


class CodedBody(UsageError):
    """A body in an encoding that is not read here."""

    status = 415
    title = "Encoding of the body"


async def body_of(request: Request[Any, Any, Any]) -> bytes:
    """The bytes of a request, as they are meant. Raises CodedBody for a compressed one."""
    coding = request.headers.get("content-encoding", "identity").strip().lower()
    if coding not in ("", "identity"):
        raise CodedBody(f"A body with Content-Encoding: {coding[:40]} is not taken. Send it as it is.")
    return await request.body()


def page(items: list[dict[str, Any]], limit: int, key: Sequence[str]) -> dict[str, Any]:
    """A list in the contract's form. `items` holds one more than `limit` when there is a next page; `key` are
    the fields that the next page begins after."""
    more = len(items) > limit
    items = items[:limit]
    following = None
    if more:
        last = items[-1]
        following = base64.urlsafe_b64encode(_encode([last[k] for k in key])).decode().rstrip("=")
    return {"items": items, "next": following}


def place(cursor: str | None, types: Sequence[Any]) -> list[Any]:
    """Where a page begins: the values behind an opaque cursor, or as many None. Raises UsageError."""
    if cursor is None:
        return [None] * len(types)
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        return list(msgspec.json.decode(raw, type=tuple[*types]))  # pyright: ignore[reportInvalidTypeForm]
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        raise UsageError(
            "The cursor is not one of this list. Take it from `next` of the page before, unchanged."
        ) from None


def moment(text: str, name: str) -> datetime:
    """A time with a UTC offset. Raises UsageError."""
    try:
        # A plus sign that was not encoded in a URL arrives as a space.
        found = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise UsageError(f"{name}={text} is no time with an offset. Write it like 2018-08-18T20:15:00Z.")
    try:
        return found.astimezone(UTC)
    except OverflowError:
        raise UsageError(f"{name}={text} is out of range: in UTC it is before the year 1 or after 9999.") from None


def part(items: Sequence[dict[str, Any]], limit: int, cursor: str | None) -> dict[str, Any]:
    """A page of a list that was computed whole. Raises UsageError."""
    (start,) = place(cursor, (Annotated[int, Meta(ge=0)],))
    start = start or 0
    shown = [{**item, "place": start + i + 1} for i, item in enumerate(items[start : start + limit + 1])]
    found = page(shown, limit, ("place",))
    for item in found["items"]:
        del item["place"]
    return found
