"""Wyscout's pitch of 0 to 100 per cent both ways, in metres of the canonical frame.

Wyscout deals in whole per cent, so a column of points is looked up in a table of all of them, made by the same
`to_metres` that the live decoder uses.
"""

from __future__ import annotations

import polars as pl

from app.feeds._wyscout.pitch import PITCH

# A few events lie a per cent or so off the pitch.
_PER_CENT = range(-5, 106)
_X_M = {per_cent: PITCH.to_metres(per_cent, 0)[0] for per_cent in _PER_CENT}
_Y_M = {per_cent: PITCH.to_metres(0, per_cent)[1] for per_cent in _PER_CENT}


def x_m(column: str) -> pl.Expr:
    """Metres from the own goal line, of a column of whole per cent of the length; null stays null."""
    return pl.col(column).cast(pl.Int64).replace_strict(_X_M, return_dtype=pl.Float64)


def y_m(column: str) -> pl.Expr:
    """Metres from the left touchline, of a column of whole per cent of the width; null stays null."""
    return pl.col(column).cast(pl.Int64).replace_strict(_Y_M, return_dtype=pl.Float64)
