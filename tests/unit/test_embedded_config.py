"""What the embedded cluster is configured with."""

from pathlib import Path

import pytest

from app.db import embedded_config as config
from app.db.doctor import hide_password

GIB = 1024**3


def options(memory: int = 8 * GIB, **changed: bool) -> dict[str, str]:
    flags = {"community": False, "telemetry": False, "small_shm": False, "lz4": True, **changed}
    return config.options(port=5999, sockets=Path("/run/x"), log=Path("/var/log/x"), memory=memory, **flags)


def test_durable_and_on_the_loopback_only():
    chosen = options()
    assert chosen["listen_addresses"] == "127.0.0.1"
    assert {chosen[name] for name in ("fsync", "full_page_writes", "synchronous_commit")} == {"on"}


@pytest.mark.parametrize(("memory", "buffers"), [(128 * 1024**2, "32MB"), (2 * GIB, "256MB"), (64 * GIB, "1024MB")])
def test_memory_follows_the_machine_within_bounds(memory: int, buffers: str):
    assert options(memory)["shared_buffers"] == buffers


def test_background_workers_run_only_where_their_jobs_are_allowed():
    assert options(community=False)["timescaledb.max_background_workers"] == "0"
    assert options(community=True)["timescaledb.max_background_workers"] == "8"


def test_telemetry_is_off_and_unmentioned_where_it_was_not_built():
    assert "timescaledb.telemetry_level" not in options()
    assert options(telemetry=True)["timescaledb.telemetry_level"] == "off"


def test_shared_memory_others_cannot_write_is_not_used(tmp_path: Path):
    tmp_path.chmod(0o1777)
    assert not config.shared_memory_is_small(str(tmp_path), least_bytes=1)
    assert config.shared_memory_is_small(str(tmp_path), least_bytes=1 << 62)
    tmp_path.chmod(0o755)
    assert config.shared_memory_is_small(str(tmp_path), least_bytes=1)
    assert config.shared_memory_is_small(str(tmp_path / "none"))


def test_values_are_quoted():
    text = config.render({"log_directory": "/it's\\here"})
    assert "log_directory = '/it''s\\\\here'\n" in text


def test_no_connection_without_identity_and_none_for_the_superuser_over_tcp():
    rules = [line.split() for line in config.render_hba().splitlines() if not line.startswith("#")]
    assert all("trust" not in rule for rule in rules)
    assert [rule[2] for rule in rules if rule[0] == "host"] == [
        "touchline,touchline_analyst,+touchline_analyst,+touchline_club"
    ]


def test_each_system_user_is_mapped_once():
    text = config.render_ident(["root", "root", "postgres"])
    assert text.count('"root" touchline\n') == 1
    assert text.count('"root" touchline_analyst\n') == 1
    assert '"postgres" postgres' in text


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://u:secret@h/db", "postgresql://u:***@h/db"),
        ("postgresql://u:se@cret@h1,h2:5433/db", "postgresql://u:***@h1,h2:5433/db"),
        ("postgresql://u@h/db?password=secret&x=1", "postgresql://u@h/db?password=***&x=1"),
        ("host=h password=secret dbname=d", "host=h password=*** dbname=d"),
        ("postgresql://u@/db?host=/tmp/x", "postgresql://u@/db?host=/tmp/x"),
    ],
)
def test_passwords_are_hidden(url: str, shown: str):
    assert hide_password(url) == shown


def test_lz4_only_where_the_server_has_it():
    assert options(lz4=True)["default_toast_compression"] == "lz4"
    assert "default_toast_compression" not in options(lz4=False)
    assert options(lz4=False)["wal_compression"] == "on"
