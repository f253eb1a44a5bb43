"""What a refused request leaves behind: nothing."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from litestar import Litestar, Request, post
from litestar.testing import TestClient

from app.api.problems import HANDLERS, MEDIA_TYPE
from app.errors import TouchlineError


class _Refused(TouchlineError):
    status = 429
    title = "Too much waits"
    retry_after_s = 3


@post("/")
async def _refuse(request: Request) -> None:
    refusal = _Refused("Come back later.")
    raise refusal


@pytest.fixture
def unreachable() -> Iterator[list[object]]:
    """What only the collector of cycles found, once the test has collected."""
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        yield gc.garbage
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()


def test_a_refused_request_does_not_wait_for_the_collector(unreachable: list[object]) -> None:
    with TestClient(Litestar([_refuse], exception_handlers=HANDLERS)) as client:
        for _ in range(3):
            answer = client.post("/", content=b"x" * 1000)
            assert (answer.status_code, answer.headers["content-type"]) == (429, MEDIA_TYPE)
            assert answer.headers["retry-after"] == "3"
        gc.collect()
        assert not [found for found in unreachable if isinstance(found, Request | _Refused)]
