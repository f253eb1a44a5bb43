"""Features of players, teams, matches and matchups of soccer, a group a file."""

# Besides the full minutes: what is known before kick-off, and the end of stoppage time.
HISTORY_AFTER = frozenset(("lineup", "period_end"))
