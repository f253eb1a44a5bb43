"""Where the embedded cluster lives, and the system user it runs as.

PostgreSQL refuses to run as root. Started by root it runs as `postgres` (or a system user of its own), and
where that user cannot enter TOUCHLINE_HOME the cluster lies under /var/lib/touchline instead; the file
`cluster-folder` in the home then says where.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import random
import re
import shutil
import socket
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.errors import DatabaseUnavailable

ELSEWHERE = Path("/var/lib/touchline")
POINTER = "cluster-folder"
_MARK = "home"  # in a folder elsewhere: the home it belongs to
_LONGEST_SOCKET_FOLDER = 90  # a socket's path may have 107 bytes, and PostgreSQL adds /.s.PGSQL.65535
_PORTS = range(20000, 32000)  # below those the kernel gives to outgoing connections


@dataclass(frozen=True)
class Place:
    """One cluster: its folder and the system user that owns it."""

    home: Path
    folder: Path
    user: pwd.struct_passwd

    @property
    def data(self) -> Path:
        """PostgreSQL's data folder."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """Folder of the server's log files."""
        return self.folder / "log"

    @property
    def as_user(self) -> dict[str, Any]:
        """Arguments for subprocess that make a child run as the cluster's user, in a folder it can enter."""
        who: dict[str, Any] = {}
        if os.geteuid() == 0:
            who = {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []}
        kept = {k: v for k, v in os.environ.items() if not k.startswith("PG")}  # PGPORT and the like would mislead it
        return {**who, "cwd": "/", "env": {**kept, "LC_ALL": "C", "HOME": "/"}, "stdin": subprocess.DEVNULL}

    def own(self, path: Path) -> None:
        """Give a path to the cluster's user."""
        if os.geteuid() == 0:
            os.chown(path, self.user.pw_uid, self.user.pw_gid)

    def private_folder(self, path: Path) -> Path:
        """Make a folder only the cluster's user (and root) can enter. Raises FileExistsError for somebody else's."""
        try:
            path.mkdir(mode=0o700)
            self.own(path)
        except FileExistsError:
            found = path.lstat()
            if not stat.S_ISDIR(found.st_mode) or found.st_uid != self.user.pw_uid:
                raise
        path.chmod(0o700)
        return path


def _user(uid: int) -> pwd.struct_passwd:
    try:
        return pwd.getpwuid(uid)
    except KeyError:
        raise DatabaseUnavailable(
            f"The user with id {uid} has no name on this system, and PostgreSQL needs one: add it to /etc/passwd, or set DATABASE_URL."
        ) from None


def _server_user() -> pwd.struct_passwd:
    """Whom a new cluster belongs to: the caller, or for root `postgres`, else `touchline` (created), else `nobody`."""
    if os.geteuid() != 0:
        return _user(os.geteuid())
    for attempt in ("postgres", "touchline", None, "touchline", "nobody"):
        if attempt is None:
            if program := shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin"):
                options = ("--system", "--no-create-home", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin")
                subprocess.run([program, *options, "touchline"], capture_output=True, check=False)
            continue
        try:
            return pwd.getpwnam(attempt)
        except KeyError:
            continue
    raise DatabaseUnavailable(
        "There is no user PostgreSQL could run as (postgres, touchline or nobody): create one, or set DATABASE_URL."
    )


def _can_enter(place: Place, folder: Path) -> bool:
    return subprocess.run(["test", "-x", str(folder)], **place.as_user, check=False).returncode == 0


def _pointed(home: Path) -> Path | None:
    """The folder the home's pointer names, if it is this home's. A copied home does not get the original's data."""
    try:
        folder = Path((home / POINTER).read_text().strip())
        owner = Path((folder / _MARK).read_text().strip())
    except OSError:
        return None
    if owner == home:
        return folder
    try:
        still_used = (owner / POINTER).read_text().strip() == str(folder)
    except OSError:
        still_used = False
    if still_used:
        return None
    (folder / _MARK).write_text(f"{home}\n")  # the home was moved, and its data go with it
    return folder


def find(home: Path) -> Place | None:
    """The place of a cluster that exists already. Creates nothing.

    Raises DatabaseUnavailable where the cluster belongs to another user than the caller (root may use any).
    """
    try:
        folder = _pointed(home) or home / "cluster"
        owner = (folder / "data").stat().st_uid
    except FileNotFoundError:
        return None
    except OSError as exc:
        raise DatabaseUnavailable(
            f"The folder of the embedded database cannot be read ({exc}): run as its owner, or set TOUCHLINE_HOME."
        ) from None
    place = Place(home, folder, _user(owner))
    if os.geteuid() not in (0, owner):
        raise DatabaseUnavailable(
            f"The embedded database in {place.data} belongs to {place.user.pw_name}: run as that user, or set TOUCHLINE_HOME to another folder."
        )
    return place


def make(home: Path) -> tuple[Place, str | None]:
    """The place of this home's cluster, its folder created. Also a line for the person when it lies elsewhere.

    Raises DatabaseUnavailable where no folder can be created or entered.
    """
    if place := find(home):
        if not _can_enter(place, place.data):
            raise DatabaseUnavailable(
                f"The user {place.user.pw_name} can no longer enter {place.data}: give the folders above it back the right to be entered (chmod o+x)."
            )
        return place, None
    user = _server_user()
    place = Place(home, home / "cluster", user)
    try:
        home.mkdir(parents=True, exist_ok=True)
        if folder := _pointed(home):  # set aside by a first start that was interrupted
            return Place(home, folder, user), None
        if _can_enter(place, home):
            place.private_folder(place.folder)
            return place, None
        ELSEWHERE.mkdir(mode=0o755, parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=hashlib.sha256(str(home).encode()).hexdigest()[:8] + "-", dir=ELSEWHERE))
        place = Place(home, folder, user)
        (folder / _MARK).write_text(f"{home}\n")
        place.own(folder)
        (home / POINTER).write_text(f"{folder}\n")
    except OSError as exc:
        raise DatabaseUnavailable(
            f"No folder for the embedded database could be made ({exc}): set TOUCHLINE_HOME to one that can be written."
        ) from None
    return place, f"{home} cannot be entered by the user {user.pw_name}: the database lies in {folder}"


def socket_folder(place: Place, base: Path = Path("/tmp")) -> Path:
    """A folder for the socket that only the cluster's user and root can enter, with a path that is short and plain."""
    inside = place.folder / "run"
    if len(os.fsencode(inside)) <= _LONGEST_SOCKET_FOLDER and re.fullmatch(r"[\w./-]+", str(inside), re.ASCII):
        return place.private_folder(inside)
    name = f"touchline-{place.user.pw_uid}-{hashlib.sha256(str(place.folder).encode()).hexdigest()[:10]}"
    try:
        return place.private_folder(base / name)
    except FileExistsError:  # somebody else was there first; any other name will do, the running server keeps it
        folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=base))
        place.own(folder)
        return folder


def port_is_free(port: int) -> bool:
    """True when nobody listens on this port of the loopback address."""
    with socket.socket() as probe:
        probe.setsockopt(
            socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
        )  # as PostgreSQL does: ended connections do not count
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def choose_port(place: Place, wanted: int) -> int:
    """The port to listen on: the wanted one, or with 0 the one kept from before, or another free one, which is kept.

    Raises DatabaseUnavailable when the wanted one is taken.
    """
    if wanted:
        if not port_is_free(wanted):
            raise DatabaseUnavailable(
                f"TOUCHLINE_DB_PORT={wanted} is taken by another program: choose another, or 0 for any free one."
            )
        return wanted
    kept = place.folder / "port"
    try:
        port = int(kept.read_text())
    except (OSError, ValueError):
        port = 0
    while not (port and port_is_free(port)):
        port = random.choice(_PORTS)
    kept.write_text(f"{port}\n")
    return port
