"""Log-odds and probabilities."""

import math


def probability(log_odds: float) -> float:
    """1 / (1 + exp(-log_odds)), 0 to 1. The two forms are equal; each keeps exp() from overflowing on its side."""
    if log_odds >= 0:
        return 1.0 / (1.0 + math.exp(-log_odds))
    e = math.exp(log_odds)
    return e / (1.0 + e)
