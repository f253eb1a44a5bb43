"""Several regressions and tables under one roof: what a signal's formula needs at once, trained and versioned together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from app.models.softmax import Softmax


class Parts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """regressions: by name. tables: numbers, or tables of numbers, that the formulas use, by name."""

    regressions: Mapping[str, Softmax]
    tables: Mapping[str, Mapping[str, Any]]
