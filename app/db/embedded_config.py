"""What the embedded cluster is configured with: postgresql.conf, pg_hba.conf and pg_ident.conf as text."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

SUPERUSER = "postgres"
ROLE = "touchline"
ANALYST = "touchline_analyst"
CLUB = "touchline_club"
_MIB = 1024 * 1024
_CGROUP_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


def memory_bytes() -> int:
    """Memory this machine, or the container it runs in, may use."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for limit in _CGROUP_LIMITS:
        try:
            text = limit.read_text().strip()
        except OSError:
            continue
        if text.isdigit():
            total = min(total, int(text))
    return total


def shared_memory_is_small(folder: str = "/dev/shm", least_bytes: int = 256 * _MIB) -> bool:
    """True where POSIX shared memory is too small for parallel queries (containers: 64 MiB) or not open to every user."""
    try:
        space, mode = os.statvfs(folder), os.stat(folder).st_mode
    except OSError:
        return True
    return space.f_frsize * space.f_blocks < least_bytes or not mode & stat.S_IWOTH


def options(
    *, port: int, sockets: Path, log: Path, memory: int, community: bool, telemetry: bool, small_shm: bool, lz4: bool
) -> dict[str, str]:
    """Every server option that differs from PostgreSQL's default. `memory` in bytes."""

    def mib(value: int, least: int, most: int) -> str:
        return f"{max(least, min(most, value // _MIB))}MB"

    chosen = {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": str(sockets),
        "unix_socket_permissions": "0700",
        "max_connections": "100",
        "superuser_reserved_connections": "3",
        "password_encryption": "scram-sha-256",
        "shared_preload_libraries": "timescaledb",
        # On the Apache edition every background job is refused for its licence, again and again.
        "timescaledb.max_background_workers": "8" if community else "0",
        "max_worker_processes": "24",  # TimescaleDB's own, its launcher and schedulers, and the parallel ones
        "max_locks_per_transaction": "256",  # a statement over a hypertable locks each chunk and its indexes
        "shared_buffers": mib(memory // 8, 32, 1024),
        "effective_cache_size": mib(memory // 2, 128, 1 << 20),
        "maintenance_work_mem": mib(memory // 32, 32, 256),
        "work_mem": mib(memory // 512, 4, 16),
        "dynamic_shared_memory_type": "mmap" if small_shm else "posix",
        "fsync": "on",
        "full_page_writes": "on",
        "synchronous_commit": "on",
        "wal_compression": "on",
        "max_wal_size": "2GB",
        "random_page_cost": "1.1",
        "jit": "off",  # compiling costs more than the short statements of this service take
        "timezone": "UTC",
        "log_timezone": "UTC",
        "lc_messages": "C",
        "log_destination": "stderr",
        "logging_collector": "on",
        "log_directory": str(log),
        "log_filename": "postgresql-%a.log",  # one file a weekday: a week of them, then over again
        "log_rotation_age": "1d",
        "log_rotation_size": "0",
        "log_truncate_on_rotation": "on",
        "log_line_prefix": "%m [%p] %q%u@%d ",
        "log_lock_waits": "on",
    }
    if lz4:
        # Raw messages are compressed as they are appended, several times faster than by the default.
        chosen |= {"default_toast_compression": "lz4", "wal_compression": "lz4"}
    if telemetry:
        chosen["timescaledb.telemetry_level"] = "off"
    return chosen


def render(chosen: Mapping[str, str]) -> str:
    """postgresql.conf for these options. Values are quoted, so any text is taken as it is."""
    lines = [
        "# Written by Touchline at every start; changes made here are lost.",
        "# ALTER SYSTEM SET … as the superuser is kept (postgresql.auto.conf, read after this file).",
    ]
    for name, value in chosen.items():
        quoted = value.replace("\\", "\\\\").replace("'", "''")
        lines.append(f"{name} = '{quoted}'")
    return "\n".join(lines) + "\n"


def render_hba() -> str:
    """Who may connect: over the socket the mapped system users; over TCP the service's role, analysts and clubs, by
    password."""
    return (
        "# Written by Touchline at every start.\n"
        "local all all peer map=touchline\n"
        f"host all {ROLE},{ANALYST},+{ANALYST},+{CLUB} 127.0.0.1/32 scram-sha-256\n"
    )


def render_ident(system_users: list[str]) -> str:
    """Which system users may be the service's role, an analyst, or the superuser for maintenance: the owner of the cluster
    and root."""
    lines = ["# Written by Touchline at every start."]
    for user in dict.fromkeys(system_users):
        lines += [f'touchline "{user}" {role}' for role in (ROLE, ANALYST, SUPERUSER)]
    return "\n".join(lines) + "\n"
