"""Events of a document among those that the log holds: in the document's order, with as little said anew as can be."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from app.feeds.base import FeedEvent
from app.log.order import Held, arrange
from tests.engine_kit import feed

NAMES = [f"e{i}" for i in range(12)]


def held(**keys: float) -> dict[str, Held]:
    return {name: Held(1, key, b"", False) for name, key in keys.items()}


def document(*names: str, first: float = 1.0) -> list[FeedEvent]:
    """Events numbered by their place in it."""
    return [feed(name, first + i) for i, name in enumerate(names)]


def test_what_only_moves_up_is_left_alone() -> None:
    found = arrange(document("a", "c", "d"), held(a=1, b=2, c=3, d=4))
    assert found.moved == frozenset()
    assert found.order_keys == {"c": 3, "d": 4}


def test_what_is_new_stands_between_its_neighbours() -> None:
    found = arrange(document("a", "x", "y", "b", "c"), held(a=1, b=2, c=3))
    assert found.moved == frozenset()
    assert 1 < found.order_keys["x"] < found.order_keys["y"] < 2
    found = arrange(document("x", "a", first=0.0), held(a=0))
    assert found.order_keys["x"] < 0


def test_what_is_new_at_the_end_of_a_document_that_has_become_shorter_stands_at_the_end() -> None:
    found = arrange(document("a", "d", "x", "y"), held(a=1, b=2, c=3, d=4))
    assert (found.order_keys["x"], found.order_keys["y"]) == (5, 6)


def test_a_key_of_its_own_that_fits_is_kept() -> None:
    assert arrange([feed("a", 1), feed("x", 1.25), feed("b", 2)], held(a=1, b=2)).order_keys == {}
    assert arrange(document("a", "b", "c"), {}).order_keys == {}


def test_one_that_has_changed_places_is_the_only_one_to_be_said_anew() -> None:
    found = arrange(document("a", "c", "d", "b"), held(a=1, b=2, c=3, d=4))
    assert found.moved == {"b"}
    assert found.order_keys["b"] > 4


def test_one_that_comes_back_is_placed_like_a_new_one() -> None:
    before = {**held(a=1, c=1.5), "b": Held(1, 7.0, b"", True)}
    found = arrange(document("a", "b", "c"), before)
    assert found.moved == frozenset()
    assert 1 < found.order_keys["b"] < 1.5


def test_periods_do_not_meet() -> None:
    found = arrange([feed("a", 1), feed("b", 2, period=2)], {"b": Held(2, 1.0, b"", False), **held(a=9)})
    assert found.moved == frozenset()
    assert found.order_keys == {"a": 9, "b": 1}
    assert arrange([feed("a", 1, period=2)], held(a=9)).order_keys == {}


def test_without_room_the_period_is_numbered_anew() -> None:
    found = arrange(document("a", "x", "b"), held(a=1.0, b=1.0000000000000002))
    assert found.moved == {"b"}
    assert found.order_keys == {}


@given(
    st.dictionaries(st.sampled_from(NAMES), st.sampled_from([0.5, 1.0, 2.0, 2.5, 3.0, 4.0, 7.0])),
    st.permutations(NAMES).flatmap(lambda names: st.integers(0, 12).map(lambda n: names[:n])),
    st.booleans(),
)
def test_the_order_is_always_the_documents(keys: dict[str, float], names: list[str], tied: bool) -> None:
    before = held(**keys)
    told = [feed(name, 1.0 if tied else float(i)) for i, name in enumerate(sorted(names) if tied else names)]
    found = arrange(told, before)

    def key(e: FeedEvent) -> float:
        moved = e.source_event_id in found.moved or e.source_event_id not in before
        given_key = found.order_keys.get(e.source_event_id, e.order_key)
        return given_key if moved else before[e.source_event_id].order_key

    places = [(key(e), e.source_event_id) for e in told]
    assert all(a < b for a, b in pairwise(places))
    # Taken in, the same document moves nothing.
    again = arrange(told, {**before, **{e.source_event_id: Held(1, key(e), b"", False) for e in told}})
    assert again.moved == frozenset()
