"""The files of named questions: what a head says, what is refused, and what parameters may be."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from app.commands.kpi import _given, table
from app.db.sql import SQL
from app.errors import UsageError
from app.warehouse.kpi import UnknownKpi, declared, named, read

HEAD = "-- kpi: late\n-- about: What is late.\n"
BODY = (
    "-- param: from_minute integer = 80 | minutes\n-- param: day date | a day\n-- param: match text required | a match\n"
    "SELECT ':name'::text, x FROM t -- no parameter\nWHERE minute >= :from_minute AND m = :match AND (:day IS NULL OR d > :day);\n"
)


def written(folder: Path, text: str) -> Path:
    file = folder / "late.sql"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_file_is_a_question(tmp_path: Path) -> None:
    body = BODY.replace("':name'::text, ", "").replace(" -- no parameter", "")
    late = read(written(tmp_path, HEAD + body))
    assert late.text == (
        "SELECT x FROM t\nWHERE minute >= $1::bigint AND m = $3::text AND ($2::date IS NULL OR d > $2::date)"
    )
    assert late.about == "What is late."
    assert late.values({"match": "m1"}) == [80, None, "m1"]
    assert late.values({"match": "m1", "day": "2018-08-18", "from_minute": "7"}) == [7, date(2018, 8, 18), "m1"]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({}, "late needs match: a match."),
        ({"match": "m1", "team": "x"}, "'team' is no parameter of late. Known: day, from_minute, match."),
        ({"match": "m1", "from_minute": "ten"}, "from_minute='ten' does not fit: a whole number from 0 on, minutes."),
        ({"match": "m1", "from_minute": "-1"}, "a whole number from 0 on"),
        ({"match": "m1", "from_minute": "1.5"}, "a whole number from 0 on"),
        ({"match": "m1", "from_minute": "9" * 30}, "a whole number from 0 on"),
        ({"match": "m1", "day": "yesterday"}, "a date"),
        ({"match": "m\x001"}, "does not fit: text"),
    ],
)
def test_what_does_not_fit_is_told(tmp_path: Path, given: dict[str, str], reason: str) -> None:
    body = BODY.replace("':name'::text, ", "").replace(" -- no parameter", "")
    late = read(written(tmp_path, HEAD + body))
    with pytest.raises(UsageError) as told:
        late.values(given)
    assert reason in str(told.value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("SELECT 1", "must begin with '-- kpi: late'"),
        (HEAD.replace("late\n", "other\n", 1) + "SELECT 1", "must begin with '-- kpi: late'"),
        (HEAD + "-- param: a number | what\nSELECT :a", "'-- param: a number | what' is no"),
        (HEAD + "-- param: a text | what\nSELECT 1", "declared and used parameters differ: a"),
        (HEAD + "SELECT :b", "declared and used parameters differ: b"),
    ],
)
def test_a_file_that_is_wrong_is_named(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=r"late\.sql") as told:
        read(written(tmp_path, text))
    assert reason in str(told.value)


def test_every_file_is_there_by_its_name() -> None:
    assert sorted(declared()) == sorted(p.stem for p in (SQL / "kpi").glob("*.sql"))
    assert all(q.about.endswith((".", ")")) for q in declared().values())
    with pytest.raises(UnknownKpi, match=r"There is no question 'x'\. Known: calibration_"):
        named("x")


def test_options_of_the_command() -> None:
    assert _given(["--min-minutes", "90", "--competition=La Liga"]) == {"min_minutes": "90", "competition": "La Liga"}
    for words in (["90"], ["--limit"], ["-l", "3"]):
        with pytest.raises(UsageError, match="parameters are --name value"):
            _given(words)


def test_rows_for_people() -> None:
    assert table([]) == "no rows"
    text = table([{"team": "Girona", "xg": 1.23456, "n": 2}, {"team": "B", "xg": None, "n": 10}])
    assert text.splitlines() == ["team       xg   n", "Girona  1.235   2", "B           -  10"]
