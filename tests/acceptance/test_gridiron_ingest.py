"""One real game of each league through the log: in order, and as a document that grows with plays that are put in, edited
and taken out. Where the shared data lies beside the repository."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from app.db.pool import Pool
from tests.engine_kit import clean, scored, state
from tests.gridiron_stages import espn_stages, nfl_stages
from tests.integration.test_gridiron_feeds import told, values
from tests.shared_data import CFB_ESPN, NFL

# A college game with misplaced kick-offs, plays without a clock and a safety that no drive has; an overtime.
GAMES = {
    "cfb_espn": (CFB_ESPN / "summary" / "401404066.json.gz", espn_stages, (33, 3)),
    "nfl": (NFL / "games" / "2022_15_DAL_JAX.json.gz", nfl_stages, (40, 34)),
}

if all(path.exists() for path, _, _ in GAMES.values()):

    @pytest.mark.parametrize("source", GAMES)
    async def test_in_order_and_grown_with_edits_a_game_ends_the_same(dsn: str, pool: Pool, source: str) -> None:
        path, stages, score = GAMES[source]
        document: Any = json.loads(gzip.decompress(path.read_bytes()))
        await told(pool, source, "whole", document, "follow")
        await scored(pool, dsn)
        for stage in stages(document, 3):
            await told(pool, source, "grown", stage, "follow", snapshot=True)
            await scored(pool, dsn)
        for match in ("whole", "grown"):
            await clean(pool, match)
            found = await state(pool, match)
            assert (found["home_score"], found["away_score"], found["status"]) == (*score, "full_time")
        assert await values(pool, "grown") == await values(pool, "whole")
