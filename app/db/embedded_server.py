"""The processes of one embedded cluster: seen, started and stopped. Nothing here speaks SQL."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from app.db import embedded_config as config
from app.db.embedded_files import ServerFiles
from app.db.embedded_place import Place, choose_port, socket_folder
from app.errors import DatabaseUnavailable

Say = Callable[[str], None]
_RECOVERY_S = 600  # a crash recovery of a full max_wal_size takes minutes on a slow disk


@dataclass(frozen=True)
class Postmaster:
    """A running server, as its own lock file describes it."""

    pid: int
    port: int
    sockets: Path
    ready: bool


def _works_in(pid: int, data: Path) -> bool:
    """True when this process is one of the cluster's: PostgreSQL's processes all work in the data folder.

    A zombie has no working folder, and a process that merely got the same number has another.
    """
    try:
        return os.readlink(f"/proc/{pid}/cwd") == str(data.resolve())
    except OSError:
        return False


def running(place: Place) -> Postmaster | None:
    """The cluster's postmaster, or None when there is none, whatever a left-over lock file says."""
    try:
        lines = (place.data / "postmaster.pid").read_text().splitlines()
        pid, port, sockets = int(lines[0]), int(lines[3]), Path(lines[4])
    except (OSError, ValueError, IndexError):
        return None
    if not _works_in(pid, place.data):
        return None
    return Postmaster(pid, port, sockets, ready=len(lines) > 7 and lines[7].strip() == "ready")


def _left_over(place: Place) -> list[int]:
    return [int(entry) for entry in os.listdir("/proc") if entry.isdigit() and _works_in(int(entry), place.data)]


def clear_left_overs(place: Place, patience_s: float = 3.0) -> None:
    """After a kill -9 of the postmaster: wait for its children to go, make them go, and take away its lock files.

    PostgreSQL itself would refuse to start while the number in the lock file belongs to any process of the
    same user, a zombie or a stranger included. Call only when `running` says None.
    """
    for sent in (None, signal.SIGQUIT, signal.SIGKILL):
        left = _left_over(place)
        for pid in left if sent else []:
            with suppress(ProcessLookupError):  # it went by itself
                os.kill(pid, sent or 0)
        deadline = time.monotonic() + patience_s
        while _left_over(place) and time.monotonic() < deadline:
            time.sleep(0.05)
    if left := _left_over(place):
        raise DatabaseUnavailable(
            f"Processes of the last database are still there and do not end: {left}. Restart the machine."
        )
    (place.data / "postmaster.pid").unlink(missing_ok=True)


def init(place: Place, server: ServerFiles) -> None:
    """Create the data folder; all of it or nothing. Checksums on, UTF-8, sorted by code point."""
    if (place.data / "PG_VERSION").exists():
        return
    new = place.folder / "data.new"
    subprocess.run(["rm", "-rf", "--", str(new)], check=True)  # of an initdb that was interrupted
    place.private_folder(new)
    command = [
        server.bin_dir / "initdb",
        "-D",
        new,
        "-U",
        config.SUPERUSER,
        "--encoding=UTF8",
        "--data-checksums",
        "--auth=reject",
    ]
    for locale in ("C.UTF-8", "C"):  # the second everywhere, the first where letters beyond ASCII have cases
        done = subprocess.run(
            [*command, f"--locale={locale}"], **place.as_user, capture_output=True, text=True, check=False
        )
        if done.returncode == 0:
            new.rename(place.data)
            return
    raise DatabaseUnavailable(f"The database folder {new} could not be created: {_last_error(done.stderr)}")


def _last_error(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if "FATAL" in line or "PANIC" in line or "error:" in line]
    last = (telling or lines or ["no reason was given"])[-1]
    if last.endswith("contains errors") and lines.index(last):  # of the configuration: the line before says which
        last = f"{lines[lines.index(last) - 1]} ({last})"
    return last


def _reason(place: Place, since: float) -> str:
    logs = [place.folder / "startup.log", *place.log.glob("*.log")]
    texts = [log.read_text(errors="replace")[-20_000:] for log in logs if log.exists() and log.stat().st_mtime >= since]
    return _last_error("\n".join(texts))


def _write(place: Place, name: str, text: str) -> None:
    path = place.data / name
    path.write_text(text)
    place.own(path)


def launch(place: Place, server: ServerFiles, *, port: int, extra_options: Mapping[str, str], say: Say) -> Postmaster:
    """Start the server and wait until it takes connections. Raises DatabaseUnavailable with the server's own reason."""
    sockets = socket_folder(place)
    for stale in sockets.glob(".s.PGSQL.*"):
        stale.unlink()
    place.private_folder(place.log)
    root_and_owner = ["root", place.user.pw_name]
    _write(place, "pg_hba.conf", config.render_hba())
    _write(place, "pg_ident.conf", config.render_ident(root_and_owner))
    startup = place.folder / "startup.log"
    reason = ""
    for _attempt in range(3):
        chosen_port = choose_port(place, port)
        chosen = config.options(
            port=chosen_port,
            sockets=sockets,
            log=place.log,
            memory=config.memory_bytes(),
            community=server.is_community,
            telemetry=server.has_telemetry,
            small_shm=config.shared_memory_is_small(),
            lz4=server.has_lz4,
        )
        _write(place, "postgresql.conf", config.render({**chosen, **extra_options}))
        begun = time.time() - 1
        startup.write_text("")
        place.own(startup)
        command = [
            server.bin_dir / "pg_ctl",
            "start",
            "-D",
            place.data,
            "-l",
            startup,
            "-s",
            "-w",
            "-t",
            str(_RECOVERY_S),
        ]
        with subprocess.Popen(
            command, **place.as_user, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as control:
            try:
                control.wait(10)
            except subprocess.TimeoutExpired:
                say(f"the database is recovering, which can take minutes (log: {place.log})")
                control.wait()
        if (found := running(place)) and found.ready:
            return found
        reason = _reason(place, begun)
        if port or "ddress already in use" not in reason + startup.read_text(errors="replace"):
            break
        (place.folder / "port").unlink(missing_ok=True)
    raise DatabaseUnavailable(f"PostgreSQL did not start: {reason} (logs: {startup} and {place.log})")


def wait_ready(place: Place, timeout_s: float = 60.0) -> Postmaster:
    """Wait for a server that somebody else is starting."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        found = running(place)
        if found is None:
            break
        if found.ready:
            return found
        time.sleep(0.05)
    raise DatabaseUnavailable(f"PostgreSQL is not ready after {timeout_s:.0f} s: see the logs in {place.log}")


def halt(place: Place, found: Postmaster, timeout_s: float) -> None:
    """Stop the server: fast (open transactions are rolled back), and when that takes too long, at once.

    Nothing that was committed is lost either way; after the second, the next start recovers.
    """
    for number, patience_s in ((signal.SIGINT, timeout_s), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
        with suppress(ProcessLookupError):  # it is ending by itself
            os.kill(found.pid, number)
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            if not _works_in(found.pid, place.data):
                return
            time.sleep(0.02)
    raise DatabaseUnavailable(
        f"PostgreSQL (process {found.pid}) does not end: stop it by hand, its data are in {place.data}"
    )


def say_on_stderr(text: str) -> None:
    """One line for the person who started this."""
    print(text, file=sys.stderr, flush=True)
