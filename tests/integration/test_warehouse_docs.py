"""The dictionary, the picture and dbt's sources: of the catalogue as it is, whole, and as they lie in docs/warehouse."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest
import yaml

from app.commands.docs_group import pages
from app.db.pool import Pool
from app.warehouse.catalogue import relations, rollups
from app.warehouse.rollup_files import declared
from tests.running import ROOT

FOLDER = ROOT / "docs" / "warehouse"
SVG = "{http://www.w3.org/2000/svg}"


async def test_the_pages_are_those_of_this_schema(pool: Pool) -> None:
    written = await pages(pool)
    assert sorted(written) == sorted(p.name for p in FOLDER.iterdir())
    for name, text in written.items():
        assert (FOLDER / name).read_text(encoding="utf-8") == text, (
            f"{name}: write it anew with `touchline docs warehouse`"
        )


async def test_everything_says_what_it_is_and_every_key_leads_somewhere(pool: Pool) -> None:
    found = await relations(pool)
    assert len([r for r in found if r.is_fact]) == 16
    for relation in found:
        assert relation.comment, relation.name
        assert not relation.is_fact or relation.comment.startswith("Grain: "), relation.name
        for column in relation.columns:
            assert column.comment, (relation.name, column.name)
            assert column.type != "numeric", (relation.name, column.name)
            if (
                column.name.endswith("_key")
                and column.name != "order_key"
                and f"dim_{column.name[:-4]}" != relation.name
            ):
                assert column.of is not None, (relation.name, column.name)
            if column.of is not None:
                assert column.key in {c.name for r in found if r.name == column.of for c in r.columns}, (
                    relation.name,
                    column,
                )


async def test_every_rollup_is_in_the_dictionary(pool: Pool) -> None:
    found = await rollups(pool)
    assert [r.name for r in found] == sorted(r.name for r in declared())
    assert all(r.comment and all(c.comment and c.type != "numeric" for c in r.columns) for r in found)


async def test_a_comment_that_is_missing_is_seen(pool: Pool) -> None:
    await pool.execute("COMMENT ON COLUMN mart.dim_venue.venue IS NULL")
    (venue,) = [r for r in await relations(pool) if r.name == "dim_venue"]
    assert [c.comment for c in venue.columns] == ["Surrogate key, stable across rebuilds", ""]


def test_the_picture_shows_every_relation_and_nothing_outside_it() -> None:
    root = ET.fromstring((FOLDER / "diagram.svg").read_text(encoding="utf-8"))
    width, height = (float(root.attrib[n]) for n in ("width", "height"))
    boxes = []
    for group in root.iter(f"{SVG}g"):
        x, y = map(float, re.findall(r"[\d.]+", group.attrib["transform"]))
        rect = next(group.iter(f"{SVG}rect"))
        boxes.append((x, y, x + float(rect.attrib["width"]), y + float(rect.attrib["height"])))
        assert boxes[-1][2] <= width and boxes[-1][3] <= height
    names = {t.text for t in root.iter(f"{SVG}text")}
    assert {
        "fact_event",
        "fact_team_minute",
        "fact_play",
        "fact_drive",
        "dim_player_history",
        "dim_model_version",
    } <= names
    assert len(boxes) == 30
    for number, (x1, y1, x2, y2) in enumerate(boxes):
        for a1, b1, a2, b2 in boxes[:number]:
            assert x2 <= a1 or a2 <= x1 or y2 <= b1 or b2 <= y1, "two boxes lie on one another"


@pytest.mark.parametrize("table", ["fact_pass", "dim_match"])
def test_dbt_reads_the_sources(table: str) -> None:
    (source,) = yaml.safe_load((FOLDER / "sources.yml").read_text(encoding="utf-8"))["sources"]
    assert (source["name"], source["schema"]) == ("touchline", "mart")
    columns = {c["name"]: c for t in source["tables"] if t["name"] == table for c in t["columns"]}
    if table == "fact_pass":
        assert columns["team_key"]["data_tests"] == [
            {"relationships": {"to": "source('touchline', 'dim_team')", "field": "team_key"}}
        ]
        assert columns["length_m"] == {
            "name": "length_m", "data_type": "double precision", "description": "Metres from start to end",
        }  # fmt: skip
    else:
        assert columns["match_key"]["data_tests"] == ["unique", "not_null"]
