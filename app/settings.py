"""Every setting, what it means, and what it is when nobody says. Read once from the environment.

The name of a setting is `TOUCHLINE_` and the field in capitals; `DATABASE_URL` is the one exception.
A variable that begins with TOUCHLINE_ and is none of these is an error, so that a typing mistake is heard of.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, get_args, get_type_hints

import msgspec
from msgspec import Meta

from app.errors import SettingError


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of one process."""

    database_url: Annotated[str | None, Meta(description="PostgreSQL to use; several hosts allowed. Unset: an embedded cluster under TOUCHLINE_HOME")] = None  # fmt: skip
    home: Annotated[
        str, Meta(description="folder of the embedded cluster, its logs, built libraries, and models of your own")
    ] = ".touchline"
    host: Annotated[str, Meta(description="address the API listens on")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65535, description="port the API listens on")] = 8000
    db_port: Annotated[int, Meta(ge=0, le=65535, description="port of the embedded PostgreSQL; 0 takes a free one and keeps it")] = 0  # fmt: skip
    log_level: Annotated[str, Meta(pattern="^(debug|info|warning|error)$", description="least important line that is logged: debug, info, warning or error")] = "info"  # fmt: skip
    batch_limit: Annotated[int, Meta(ge=1, le=100_000, description="most events of one match scored in one commit")] = (
        500
    )
    linger_ms: Annotated[float, Meta(ge=0, le=1000, description="how long a match's events are gathered before they are scored, milliseconds; 0 takes what is there")] = 0.0  # fmt: skip
    backlog_limit: Annotated[int, Meta(ge=100, description="unscored events of pushed matches above which push feeds get 429 with Retry-After")] = 50_000  # fmt: skip
    poll_s: Annotated[float, Meta(gt=0, le=60, description="longest wait of worker and tailer before they look without a notification, seconds")] = 1.0  # fmt: skip
    lease_s: Annotated[float, Meta(gt=0.5, le=600, description="how long a worker holds a match without renewing, seconds")] = 2.5  # fmt: skip
    fill_share: Annotated[float, Meta(gt=0, le=1, description="share of one core that filling a new signal from the log, and scoring in shadow, may take while matches are played")] = 0.25  # fmt: skip
    allow_research_models: Annotated[bool, Meta(description="1 lets signals go on air whose model was trained on data for research only")] = False  # fmt: skip
    heartbeat_s: Annotated[float, Meta(gt=0, le=60, description="seconds between comments on a quiet stream")] = 10.0
    ring_frames: Annotated[int, Meta(ge=100, description="newest frames kept in memory by the stream; older ones are read from the database")] = 50_000  # fmt: skip
    slow_client_s: Annotated[float, Meta(gt=0, le=3600, description="a stream's client that does not read and falls further behind than this gets one resync and the state, seconds")] = 15.0  # fmt: skip
    max_body_mb: Annotated[int, Meta(ge=1, le=1024, description="largest request body, MiB")] = 32
    graphics_timeout_s: Annotated[float, Meta(gt=0, le=60, description="how long a graphics engine may take to answer one command, seconds")] = 2.0  # fmt: skip
    drift_recent_days: Annotated[int, Meta(ge=1, le=3650, description="monitoring: matches that kicked off in so many days are the recent ones; older ones are the reference")] = 7  # fmt: skip
    drift_matches: Annotated[int, Meta(ge=1, le=2000, description="monitoring: most matches that are read of the recent ones, and of the reference")] = 300  # fmt: skip
    drift_min_matches: Annotated[int, Meta(ge=2, description="monitoring: fewer matches than this on either side get no verdict")] = 8  # fmt: skip
    drift_min_values: Annotated[int, Meta(ge=2, description="monitoring: fewer values than this on either side get no verdict")] = 100  # fmt: skip
    drift_edges: Annotated[str, Meta(pattern="^(quantile|sturges)$", description="monitoring: bins between quantiles of the reference (quantile), or of equal width by Sturges' formula (sturges)")] = "quantile"  # fmt: skip
    drift_bins: Annotated[int, Meta(ge=2, le=100, description="monitoring: how many quantile bins")] = 10
    drift_psi: Annotated[float, Meta(gt=0, description="monitoring: PSI from which on values have drifted, unless chance explains it")] = 0.25  # fmt: skip
    drift_gap: Annotated[float, Meta(gt=0, lt=1, description="monitoring: distance of mean probability and observed share from which on a signal is out of calibration, unless chance explains it")] = 0.01  # fmt: skip
    drift_alpha: Annotated[float, Meta(ge=0.003, lt=1, description="monitoring: probability below which chance explains nothing; matches, not values, are the units")] = 0.01  # fmt: skip


_PREFIX = "TOUCHLINE_"


def variable(field: str) -> str:
    """Name of the environment variable of a setting."""
    return "DATABASE_URL" if field == "database_url" else _PREFIX + field.upper()


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment. Raises SettingError naming the variable, its value and what fits."""
    environ = os.environ if environ is None else environ
    known = {variable(f): f for f in Settings.__struct_fields__}
    unknown = sorted(k for k in environ if k.startswith(_PREFIX) and k not in known)
    if unknown:
        raise SettingError(f"There is no setting {unknown[0]}. `touchline doctor` lists every setting.")
    values: dict[str, Any] = {}
    for name, field in known.items():
        text = environ.get(name)
        if text is None or text == "":
            continue
        try:
            hint = get_type_hints(Settings, include_extras=True)[field]
            values[field] = msgspec.convert(text, hint, strict=False)
        except msgspec.ValidationError as exc:
            raise SettingError(f"{name}={text} does not fit: {exc}.") from None
    return Settings(**values)


def described() -> list[tuple[str, str, str]]:
    """Every setting as (variable, default, meaning)."""
    hints = get_type_hints(Settings, include_extras=True)
    defaults = {f.name: f.default for f in msgspec.structs.fields(Settings)}
    rows = []
    for field in Settings.__struct_fields__:
        meta = next(a for a in get_args(hints[field])[1:] if isinstance(a, Meta))
        default = defaults[field]
        rows.append((variable(field), "" if default is None else str(default), meta.description or ""))
    return rows


def home(settings: Settings) -> Path:
    """TOUCHLINE_HOME as an absolute path."""
    return Path(settings.home).expanduser().resolve()


def models(settings: Settings) -> Path:
    """Where models of one's own lie, which are never part of the package: TOUCHLINE_HOME/models."""
    return home(settings) / "models"
