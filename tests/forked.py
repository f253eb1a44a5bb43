"""Commands of `touchline` in processes of their own that need not import everything first.

A process that has imported the commands waits, and each run is a fork of it, with an environment, a folder and outputs of
its own. What a fork cannot show, how a start goes, is tested by those who start a service.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

# Whatever holds threads (polars) is not among them: it does not survive a fork.
_IMPORTED = [
    "app.cli",
    "app.commands.data",
    "app.commands.database",
    "app.commands.doctor",
    "app.commands.gaps",
    "app.commands.ingest",
    "app.commands.parked",
    "app.commands.verify",
    "app.db.doctor",
    "app.db.embedded",
    "app.db.migrate",
    "app.log.replay",
    "app.models.registry",
    "app.scoring.worker",
    "app.warehouse.rollups",
    "pydantic.type_adapter",
    "typer._adapters",
    "uvloop",
]
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(_IMPORTED)


def run(
    arguments: Sequence[str], folder: Path, environment: Mapping[str, str], timeout_s: float
) -> subprocess.CompletedProcess[str]:
    """Run one command to its end. Raises TimeoutExpired, after it was killed."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        outputs = tuple(f"/proc/{os.getpid()}/fd/{f.fileno()}" for f in (out, err))
        process = _CONTEXT.Process(target=_command, args=(list(arguments), str(folder), dict(environment), outputs))
        process.start()
        process.join(timeout_s)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired(list(arguments), timeout_s)
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode())
        return subprocess.CompletedProcess(list(arguments), process.exitcode, *texts)


def _command(arguments: list[str], folder: str, environment: dict[str, str], outputs: tuple[str, str]) -> None:
    for number, path in zip((1, 2), outputs, strict=True):
        file = os.open(path, os.O_WRONLY)
        os.dup2(file, number)
        os.close(file)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["touchline", *arguments]
    from app.cli import main

    main()
