"""Settings: every one described, every mistake heard of."""

from pathlib import Path

import msgspec
import pytest

from app import settings
from app.errors import SettingError
from app.settings import Settings


def test_nothing_set_gives_the_defaults():
    assert settings.load({}) == Settings()


def test_values_are_converted():
    found = settings.load(
        {"TOUCHLINE_PORT": "9000", "TOUCHLINE_POLL_S": "0.5", "DATABASE_URL": "postgresql://h/d", "HOME": "/x"}
    )
    assert (found.port, found.poll_s, found.database_url) == (9000, 0.5, "postgresql://h/d")


def test_an_empty_variable_is_as_good_as_none():
    assert settings.load({"TOUCHLINE_PORT": "", "DATABASE_URL": ""}) == Settings()


def test_an_unknown_setting_is_named():
    with pytest.raises(SettingError, match="There is no setting TOUCHLINE_PROT"):
        settings.load({"TOUCHLINE_PROT": "9000"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TOUCHLINE_PORT", "many"),
        ("TOUCHLINE_PORT", "0"),
        ("TOUCHLINE_PORT", "70000"),
        ("TOUCHLINE_DB_PORT", "-1"),
        ("TOUCHLINE_LOG_LEVEL", "loud"),
        ("TOUCHLINE_LEASE_S", "0"),
    ],
)
def test_a_value_that_does_not_fit_is_named_with_its_variable(name: str, value: str):
    with pytest.raises(SettingError, match=f"{name}={value} does not fit"):
        settings.load({name: value})


def test_every_setting_is_described():
    rows = settings.described()
    assert [name for name, _, _ in rows] == [settings.variable(field) for field in Settings.__struct_fields__]
    assert all(meaning for _, _, meaning in rows)


def test_settings_cannot_be_changed():
    with pytest.raises(AttributeError):
        settings.load({}).port = 1  # type: ignore[misc]


def test_home_is_absolute():
    assert settings.home(Settings(home="x")) == Path.cwd() / "x"
    assert settings.home(msgspec.structs.replace(Settings(), home="~")) == Path.home().resolve()
