"""The command line when something is wrong: one line on standard error, the right exit code, never a traceback."""

from __future__ import annotations

import gzip
import json
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.running import TINY, free_port, touchline

COMMANDS = [
    [], ["up"], ["serve"], ["work"], ["db"], ["db", "start"], ["db", "stop"], ["db", "migrate"], ["matches"],
    ["matches", "load"], ["matches", "parked"], ["matches", "inspect"], ["matches", "skip"], ["matches", "unskip"],
    ["matches", "fix"], ["matches", "retry"], ["matches", "close-gap"], ["ingest"], ["replay"], ["purge"], ["verify"], ["rebuild"], ["signals"],
    ["signals", "list"], ["train"], ["quality"], ["monitor"], ["doctor"], ["simulate"], ["poll"],
    ["storage"],
]  # fmt: skip


def check(arguments: list[str], code: int, says: str, **settings: object) -> None:
    """Run it; it fails with this code and one line that says this."""
    done = touchline(*arguments, **settings)
    lines = done.stderr.strip().splitlines()
    assert done.returncode == code, (arguments, done.stdout, done.stderr)
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("touchline: ")
    assert re.search(says, lines[0]), lines[0]
    assert len(lines[0]) < 600


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files that are no matches."""
    folder = tmp_path_factory.mktemp("files")
    whole = b"[" + b",".join(TINY.read_bytes().splitlines()) + b"]"
    (folder / "cut.json").write_bytes(whole[: len(whole) // 2])
    (folder / "cut.jsonl.gz").write_bytes(gzip.compress(TINY.read_bytes())[:-200])
    (folder / "not.gz").write_bytes(b"plain")
    (folder / "garbage.json").write_bytes(b"\xa5" * (50 << 20))
    (folder / "empty.json").write_bytes(b"")
    (folder / "matches.json").write_bytes(b'[{"id": "a/b"}]')
    return folder


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_tells_of_itself(command: list[str]) -> None:
    done = touchline(*command, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Usage:" in done.stdout
    assert len(done.stdout.splitlines()) > 4
    assert re.search(rf"Usage: {' '.join(['touchline', *command])}( |\n)", done.stdout)
    assert "python -m" not in done.stdout


def test_a_hint_calls_the_command_by_its_name() -> None:
    check(["ingest", "touchline"], 2, r"\(`touchline ingest --help`\)$")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["dance"], "dance"),
        (["ingest"], "(?i)provider"),
        (["ingest", "touchline"], "(?i)files"),
        (["ingest", "opta", str(TINY)], "statsbomb"),
        (["ingest", "touchline", str(TINY), "--speed", "fast"], "max"),
        (["ingest", "touchline", str(TINY), "--speed", "0"], "--speed"),
        (["ingest", "touchline", str(TINY), "--speed", "nan"], "--speed"),
        (["ingest", "touchline", str(TINY), "--kickoff", "soon"], "--kickoff"),
        (["ingest", "touchline", str(TINY), "--kickoff", "2024-08-18T20:15:00"], "UTC offset"),
        (["ingest", "touchline", str(TINY), "--kickoff", "9999-12-31T23:59:59-14:00"], "year 9999"),
        (["ingest", "touchline", str(TINY), str(TINY), "--match", "x"], "--match"),
        (["ingest", "touchline", str(TINY), "--match", "a/b"], "match id"),
        (["replay", "nowhere"], "nowhere"),
        (["replay", "nowhere", "--speed", "-1"], "speed"),
        (["replay", "nowhere", "--speed", "x"], "speed"),
        (["verify", "--match", "nowhere"], "nowhere"),
        (["rebuild", "--match", "nowhere"], "nowhere"),
        (["purge", "nowhere"], "nowhere"),
        (["matches", "inspect", "nowhere"], "nowhere"),
        (["matches", "retry", "nowhere"], "nowhere"),
        (["matches", "skip", "nowhere", "--version", "1", "--reason", "x"], "nowhere"),
        (["matches", "skip", "nowhere", "--version", "0", "--reason", "x"], "--version"),
        (["matches", "skip", "nowhere", "--version", "1"], "--reason"),
        (["matches", "unskip", "nowhere", "--version", "1", "--reason", "x"], "nowhere"),
        (["matches", "fix", "nowhere", "--version", "1", str(TINY), "--reason", "x"], "nowhere"),
        (["matches", "close-gap", "nowhere", "--reason", "x"], "nowhere"),
        (["matches", "close-gap", "nowhere"], "--reason"),
        (["quality", "--signal", "sog"], "sog"),
        (["quality", "--resamples", "-1"], "--resamples"),
        (["monitor", "--signal", "sog"], "sog"),
        (["monitor", "--until", "yesterday"], "--until"),
        (["monitor", "--recent", "0"], "--recent"),
        (["db", "start"], "DATABASE_URL"),
        (["doctor", "--loud"], "--loud"),
    ],
    ids=lambda v: " ".join(v)[-60:] if isinstance(v, list) else "",
)
def test_wrong_use_is_one_line_and_2(make_database: Callable[[], str], arguments: list[str], says: str) -> None:
    check(arguments, 2, says, database_url=make_database())


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("missing.json", "no file"),
        ("", "is a folder"),
        ("cut.json", "cut off"),
        ("cut.jsonl.gz", "gzip"),
        ("not.gz", "gzip"),
        ("garbage.json", "not JSON"),
        ("empty.json", "empty"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_line_and_1(dsn: str, files: Path, name: str, says: str) -> None:
    check(["ingest", "touchline", str(files / name)], 1, says, database_url=dsn)


def test_a_file_of_which_nothing_can_be_read_is_1_with_each_reason_once(dsn: str, tmp_path: Path) -> None:
    """Of another provider, say: everything ends in quarantine, and that is no success."""
    done = touchline("ingest", "statsbomb", str(TINY), database_url=dsn)
    assert done.returncode == 1
    assert re.fullmatch(r"touchline: Nothing of \S+ could be read as 'statsbomb': .* 40 in all.*\n", done.stderr)
    first, *reasons = done.stdout.splitlines()
    assert "40 in quarantine" in first
    assert len(reasons) == 1
    assert reasons[0].startswith("  quarantine: message 1 (id t-001) and 39 more: ")
    lines = TINY.read_text().splitlines()
    for at in (3, 4, 30):
        lines[at] = lines[at].replace('"type":"', '"type":"un')
    (tmp_path / "few.jsonl").write_text("\n".join(lines))
    done = touchline("ingest", "touchline", str(tmp_path / "few.jsonl"), "--json", database_url=dsn)
    assert (done.returncode, done.stderr) == (0, "")
    problems = json.loads(done.stdout)["files"][0]["problems"]
    assert sum(1 + int(re.search(r"and (\d+) more", p)[1]) if "more:" in p else 1 for p in problems) == 3  # pyright: ignore
    assert problems[0].startswith(("message 4 (id t-004)", "message 5 (id t-005)"))
    done = touchline(
        "ingest", "statsbomb", str(TINY), "--speed", "10000", "--match", "paced", "--json", database_url=dsn
    )
    assert done.returncode == 1
    assert json.loads(done.stdout)["files"][0]["problems"][0].startswith("message 1 (id t-001) and 39 more: ")


def test_another_kick_off_than_the_known_one_is_told_and_not_taken(dsn: str) -> None:
    def ingest(match: str, *more: str) -> str:
        done = touchline("ingest", "touchline", str(TINY), "--match", match, *more, database_url=dsn)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    first = ["--kickoff", "2024-08-18T20:15:00Z"]
    assert "kick" not in ingest("known", *first)
    assert "kick" not in ingest("known", "--kickoff", "2024-08-18T22:15:00+02:00")
    assert "kick" not in ingest("known")
    told = ingest("known", "--kickoff", "2024-08-19T20:15:00+02:00")
    assert (
        "--kickoff 2024-08-19T18:15:00Z is not taken: the kick-off of 'known' is known as 2024-08-18T20:15:00Z" in told
    )
    assert "no kick-off is known" in ingest("unknown")
    assert "2024-08-18T20:15:00Z is not taken: 'unknown' began without one" in ingest("unknown", *first)
    done = touchline("ingest", "touchline", str(TINY), "--match", "unknown", *first, "--json", database_url=dsn)
    assert "is not taken" in json.loads(done.stdout)["files"][0]["notes"][0]


def test_metadata_that_does_not_fit(dsn: str, files: Path) -> None:
    check(["matches", "load", str(files / "matches.json")], 2, "match id", database_url=dsn)
    check(["matches", "load", str(files / "missing.json")], 1, "no file", database_url=dsn)
    check(["matches", "load", str(files)], 1, "is a folder", database_url=dsn)
    check(["simulate", "touchline", str(files)], 1, "is a folder")


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"prot": "1"}, "TOUCHLINE_PROT"),
        ({"port": "many"}, "TOUCHLINE_PORT=many"),
        ({"port": "70000"}, "TOUCHLINE_PORT"),
        ({"log_level": "loud"}, "TOUCHLINE_LOG_LEVEL"),
    ],
)
def test_a_setting_that_does_not_fit(settings: dict[str, str], says: str) -> None:
    for command in (["doctor"], ["up"], ["signals", "list"]):
        check(command, 2, says, **settings)


@pytest.mark.parametrize("command", [["up"], ["serve"], ["work"], ["verify"], ["db", "migrate"]], ids=" ".join)
def test_a_database_that_is_not_there(command: list[str]) -> None:
    url = f"postgresql://u@127.0.0.1:{free_port()}/x"
    check(command, 1, "database|PostgreSQL", database_url=url, port=free_port())


def test_an_address_that_is_none() -> None:
    for url in ("nonsense", "mysql://u@h/x", "postgresql://[bad/x"):
        done = touchline("verify", database_url=url)
        assert done.returncode in (1, 2)
        assert len(done.stderr.strip().splitlines()) == 1


@contextmanager
def taken() -> Iterator[int]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


@pytest.mark.parametrize("command", ["serve", "up"])
def test_a_port_in_use_is_told_with_another(dsn: str, command: str) -> None:
    with taken() as port:
        check([command], 1, f"{port}.*TOUCHLINE_PORT", database_url=dsn, port=port)


def test_what_a_machine_reads_is_one_value(dsn: str) -> None:
    def told(*arguments: str) -> dict | list:
        done = touchline(*arguments, database_url=dsn)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        return json.loads(done.stdout)

    done = told("ingest", "touchline", str(TINY), "--json")
    assert (done["appended"], done["quarantined"], len(done["files"])) == (40, 0, 1)
    assert (done["files"][0]["home_score"], done["files"][0]["match"]) == (2, "tiny_match")
    assert told("ingest", "touchline", str(TINY), "--json")["repeated"] == 40
    verdict = told("verify", "--json")
    assert (verdict["differing"], len(verdict["matches"])) == (0, 1)
    assert told("rebuild", "--json")["changed_points"] == 0
    assert {s["name"] for s in told("signals", "list", "--json")} >= {"xg", "win_probability"}
    made = told("replay", "tiny_match", "--speed", "10000", "--as", "again", "--json")
    assert (made["match"], made["replay_of"]) == ("again", "tiny_match")
    assert told("verify", "--json")["differing"] == 0
    assert "again is gone" in touchline("purge", "again", database_url=dsn).stdout
    findings = json.loads(touchline("doctor", "--json", database_url=dsn).stdout)
    assert any(f["name"] == "TOUCHLINE_PORT" for f in findings)
    assert set(told("quality", "--json")) >= {"xg", "win_probability"}


def test_what_a_person_reads(dsn: str) -> None:
    for command, says in (
        (["signals", "list"], "soccer.xg@3"),
        (["quality"], "xg"),
        (["ingest", "touchline", str(TINY)], "Harbour City 2:1 Northgate"),
        (["verify"], "no difference"),
        (["rebuild"], "0 points changed"),
    ):
        done = touchline(*command, database_url=dsn)
        assert done.returncode == 0, done.stderr
        assert says in done.stdout
    assert "TOUCHLINE_RING_FRAMES" in touchline("doctor", database_url=dsn).stdout


def test_the_service_starts_without_the_heavy_packages() -> None:
    import subprocess
    import sys

    code = (
        "import sys, app.cli, app.commands.up, app.commands.work, app.api.server;"
        "print([m for m in ('polars', 'sklearn', 'kloppy', 'pandas', 'scipy') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
