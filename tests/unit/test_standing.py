"""Which versions stand where in a match: as a plain list of events says, whatever comes and is edited."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.scoring.standing import Standing
from app.sports.fold import START

places = st.tuples(st.integers(1, 2), st.sampled_from([1.0, 2.0, 2.5, 7.0]))
words = st.tuples(st.sampled_from("abcdef"), places, st.booleans())


def rows(told: list[tuple[int, Any]], name: str) -> list[dict[str, Any]]:
    return [
        {
            "version": version,
            "kind": "retracted" if gone else "recorded",
            "period": period,
            "order_key": key,
            "control": False,
            "source_event_id": name,
        }
        for version, (who, (period, key), gone) in told
        if who == name
    ]


@given(st.lists(words, max_size=20), places, places)
def test_it_stands_as_the_newest_words_say(said: list[Any], one: tuple[int, float], other: tuple[int, float]) -> None:
    standing = Standing()
    told = list(enumerate(said, 1))
    for version, (name, _, _) in told:
        standing.edit(rows(told[:version], name))
    newest = {name: (version, place, gone) for version, (name, place, gone) in told}
    held = sorted((place, version) for version, place, gone in newest.values() if not gone)
    assert sorted(standing.between(START, None)) == sorted(version for _, version in held)
    low, high = sorted((one, other))
    found = standing.between((*low, False, ""), (*high, True, "~"))
    assert sorted(found) == sorted(version for place, version in held if low <= place <= high)
    # In match order, but for ties.
    at = {version: place for place, version in held}
    assert [at[v] for v in found] == sorted(at[v] for v in found)
