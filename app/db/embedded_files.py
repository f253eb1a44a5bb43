"""Finding a PostgreSQL server with TimescaleDB on this machine."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from app.errors import DatabaseUnavailable

_FOLDERS = ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin", "usr/local/pgsql/bin")
CHOICES = "Run scripts/run, which installs it on Debian; or set DATABASE_URL; or start the one in compose.yaml"


@dataclass(frozen=True)
class ServerFiles:
    """The programs of one installed PostgreSQL server, and what its library folder holds."""

    bin_dir: Path
    library_dir: Path
    version: str
    has_timescaledb: bool
    has_vector: bool

    @property
    def major(self) -> int:
        """Major version: it decides which data folder the server can open."""
        return int(self.version.split(".")[0])

    @property
    def is_community(self) -> bool:
        """True when TimescaleDB's own-licence library (the Community edition) is there."""
        return any(self.library_dir.glob("timescaledb-tsl-*.so"))

    @property
    def has_telemetry(self) -> bool:
        """True when this TimescaleDB was built with telemetry; without it, the server rejects its setting."""
        libraries = self.library_dir.glob("timescaledb-*.so")
        return any(b"telemetry_level" in library.read_bytes() for library in libraries)

    @property
    def has_lz4(self) -> bool:
        """True when it can compress with LZ4; built without it, the server rejects the settings."""
        return "--with-lz4" in _output(self.bin_dir / "pg_config", "--configure")


def _output(*command: str | Path) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def inspect(bin_dir: Path) -> ServerFiles | None:
    """What lies in a folder of programs; None when it is not a whole server."""
    if not all((bin_dir / program).exists() for program in ("postgres", "initdb", "pg_ctl", "pg_config")):
        return None
    try:
        version = re.search(r"PostgreSQL\) (\d+(?:\.\d+)?)", _output(bin_dir / "postgres", "--version"))
        library, shared = _output(bin_dir / "pg_config", "--pkglibdir", "--sharedir").splitlines()
    except (OSError, subprocess.CalledProcessError, ValueError):
        return None
    if version is None:
        return None
    extensions = Path(shared) / "extension"
    return ServerFiles(
        bin_dir=bin_dir,
        library_dir=Path(library),
        version=version[1],
        has_timescaledb=(extensions / "timescaledb.control").exists() and (Path(library) / "timescaledb.so").exists(),
        has_vector=(extensions / "vector.control").exists() and (Path(library) / "vector.so").exists(),
    )


def installed(root: Path = Path("/")) -> Iterator[ServerFiles]:
    """Every server on this machine: the one pg_config on PATH leads to, then those in the usual folders."""
    folders: list[Path] = []
    if root == Path("/") and (found := shutil.which("pg_config")):
        # A broken pg_config is no server; the usual folders are looked at all the same.
        with suppress(OSError, subprocess.CalledProcessError):
            folders.append(Path(_output(found, "--bindir")))
    for pattern in _FOLDERS:
        folders += root.glob(pattern)
    for folder in dict.fromkeys(folder.resolve() for folder in folders):
        if server := inspect(folder):
            yield server


def find_server(major: int | None = None) -> ServerFiles:
    """The newest installed server with TimescaleDB, one with pgvector first; of this major version if one is given.

    Raises DatabaseUnavailable, saying what was found and what to do.
    """
    servers = list(installed())
    fitting = [s for s in servers if s.has_timescaledb and major in (None, s.major)]
    if fitting:
        return max(fitting, key=lambda s: (s.has_vector, [int(n) for n in s.version.split(".") if n.isdigit()]))
    seen = ", ".join(
        f"PostgreSQL {s.version} {'with' if s.has_timescaledb else 'without'} TimescaleDB" for s in servers
    )
    wanted = (
        f"PostgreSQL {major} with TimescaleDB, which made the data folder," if major else "PostgreSQL with TimescaleDB"
    )
    raise DatabaseUnavailable(
        f"No {wanted} was found on this machine (found: {seen or 'no server at all'}). {CHOICES}."
    )
