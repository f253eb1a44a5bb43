"""How good a ranking is: precision, mean average precision and recall. Plain numbers in, plain numbers out."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence


def precision_at(ranked: Sequence[bool], k: int) -> float:
    """Share of the first k answers that are right (0…1). ranked: is it right, best first. Fewer than k count as wrong."""
    return sum(ranked[:k]) / k


def average_precision(ranked: Sequence[bool]) -> float:
    """The mean, over all right answers of a whole ranking, of the precision down to each (0…1); 0 where none is right.

    Source: Manning, Raghavan, Schütze, Introduction to Information Retrieval, 2008, section 8.4.
    """
    found, total = 0, 0.0
    for place, right in enumerate(ranked, 1):
        if right:
            found += 1
            total += found / place
    return total / found if found else 0.0


def recall(found: Collection[Hashable], right: Collection[Hashable]) -> float:
    """Share of the right answers that were found (0…1); 1 where there is none to be found."""
    return len(set(found) & set(right)) / len(set(right)) if right else 1.0
