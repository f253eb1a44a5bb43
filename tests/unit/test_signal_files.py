"""A signal's file is looked through before it scores anything: what is wrong is refused with its line, alone."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from app.sports.base import sports
from app.sports.loading import Found, find, refused, signals
from app.sports.soccer.sport import SPORT

GOOD = """from app.sports.base import Signal

SIGNAL = Signal(
    name="shots",
    title="Shots",
    description="Shots so far.",
    unit="shots",
    range=(0.0, 500.0),
    resolution=1.0,
    version=1,
    subject="team",
    source="counted",
    events=frozenset({"shot"}),
    features=("home_id", "away_id"),
)


def init():
    return {}


def step(memory, event, model):
    if event.type == "shot":
        memory[event.team] = memory.get(event.team, 0) + 1
    return memory


def value(f, model, memory):
    return {f.home_id: memory.get(f.home_id, 0), f.away_id: memory.get(f.away_id, 0)}
"""

Folder = Callable[..., Found]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Folder]:
    """Looks through a package of these files: name to text."""
    package = f"signals_{uuid4().hex}"
    place = tmp_path / package
    place.mkdir()
    (place / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)

    def look(**files: str) -> Found:
        for name, text in files.items():
            (place / f"{name}.py").write_text(text)
        return find(package, SPORT)

    yield look
    for name in [n for n in sys.modules if n.startswith(package)]:
        del sys.modules[name]


def test_every_file_of_ours_is_taken() -> None:
    for sport in sports().values():
        assert refused(sport) == []
    assert {"xg", "ppda", "xt", "momentum", "win_probability"} <= signals(SPORT).keys()


def test_a_good_file_is_a_signal(folder: Folder) -> None:
    found = folder(shots=GOOD)
    assert (list(found.signals), found.refused) == (["shots"], [])


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ('    name="shots",', '    name="shots"', 4, "invalid syntax"),
        ('name="shots"', 'name="shoots"', 4, "the file of signal 'shoots' is called shoots.py, not shots.py"),
        ("version=1", "version=0", 10, "versions count from 1"),
        ("version=1", 'version="one"', 10, "version: Expected `int`"),
        ("range=(0.0, 500.0)", "range=(5.0, 0.0)", 8, "the lower end comes first"),
        ("range=(0.0, 500.0)", "range=(0.0,)", 8, "range: Expected `array` of length 2"),
        ("resolution=1.0", "resolution=0.0", 9, "above 0"),
        ('subject="team"', 'subject="teams"', 11, "subject: Invalid enum value 'teams'"),
        ('{"shot"}', '{"shto"}', 13, "soccer has no event type 'shto'; did you mean 'shot'?"),
        ('    events=frozenset({"shot"}),\n', "", 3, "never emitted"),
        ('"away_id")', '"awy_id")', 14, "soccer has no feature 'awy_id'; did you mean 'away_id'?"),
        ('title="Shots",', "titel=1,", 3, "Unexpected keyword argument 'titel'"),
        ("SIGNAL =", "SINGAL =", 1, "a signal's file declares it"),
        ("def step", "def stop", 18, "init but no step"),
        ("def init", "def begin", 22, "step but no init"),
        ("def value", "def values", 3, "has no value(f, model, memory)"),
        ("def value(f, model, memory)", "def value(f)", 28, "called as value(f, model, memory)"),
        ("def step(memory, event, model)", "def step(memory, event)", 22, "called as step(memory, event, model)"),
        ("from app.sports.base", "import time\nfrom app.sports.base", 1, "does not import 'time'"),
        ("from app.sports.base", "from app.db.pool import Pool\nfrom app.sports.base", 1, "import 'app.db.pool'"),
        ("from app.sports.base", "import numpy.random\nfrom app.sports.base", 1, "does not import 'numpy.random'"),
        ("    return {}", "    print('x')\n    return {}", 19, "does not call 'print'"),
        ("    return {}", "    global seen\n    return {}", 19, "use init and step"),
        ("def init", "RATIO = 1 / 0\n\n\ndef init", 18, "ZeroDivisionError: division by zero"),
        ("def init", "raise SystemExit(3)\n\n\ndef init", 18, "SystemExit: 3"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line_and_the_others_score(
    folder: Folder, old: str, new: str, line: int, said: str
) -> None:
    assert old in GOOD
    right = GOOD.replace('name="shots"', 'name="well"')
    found = folder(shots=GOOD.replace(old, new), well=right)
    assert list(found.signals) == ["well"]
    [refusal] = found.refused
    assert refusal.file.endswith("shots.py")
    assert said in refusal.reason
    assert refusal.line == line
    assert str(refusal) == f"{refusal.file}, line {line}: {refusal.reason}"
    assert "\n" not in str(refusal)


ASKING = (
    GOOD.replace('features=("home_id", "away_id"),', 'features=("home_id", "away_id"),\n    model="xg",').partition(
        "def value"
    )[0]
    + """def ask(f, memory):
    return ((1.0,),), f.home_id


def answer(predictions, note):
    return {note: predictions[0]}
"""
)


def test_a_file_may_ask_and_answer(folder: Folder) -> None:
    found = folder(shots=ASKING)
    assert found.refused == []
    signal = found.signals["shots"]
    assert signal.value is None
    assert signal.ask is not None
    assert signal.answer is not None


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("def answer", "def answers", 29, "has ask but no answer(predictions, note): it needs both"),
        ("def ask", "def asks", 33, "has answer but no ask(f, memory): it needs both"),
        ("def ask", "def value(f, model, memory):\n    return 1.0\n\n\ndef ask", 37, "has value and answer"),
        ("(f, memory):", "(f, model, memory):", 29, "called as ask(f, memory)"),
        ("(predictions, note):", "(predictions):", 33, "called as answer(predictions, note)"),
        ('    model="xg",\n', "", 28, "has ask, but SIGNAL names no model to ask"),
    ],
)
def test_what_asks_must_answer(folder: Folder, old: str, new: str, line: int, said: str) -> None:
    assert old in ASKING
    [refusal] = folder(shots=ASKING.replace(old, new)).refused
    assert said in refusal.reason
    assert refusal.line == line


def test_a_file_that_is_no_text_is_refused(folder: Folder, tmp_path: Path) -> None:
    found = folder(shots=GOOD, broken="x = 1\0")
    assert list(found.signals) == ["shots"]
    assert [r.line for r in found.refused] == [1]
