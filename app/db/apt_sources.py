"""Which of this machine's apt entries leads to the Debian archive, written again for another suite.

Runs before the virtual environment exists (`python3 app/db/apt_sources.py CODENAME SUITE`), so it uses
the standard library only and imports nothing of the project. It reads files and prints lines; it
changes nothing.
"""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

APT_FOLDER = Path("/etc/apt")
_KEPT_OPTIONS = ("signed-by", "trusted")  # what decides whether apt believes the archive; the rest is not ours


class Entry(NamedTuple):
    """One enabled binary entry of an apt sources file."""

    uri: str
    suites: tuple[str, ...]
    components: tuple[str, ...]
    options: dict[str, str]


def parse_list(text: str) -> Iterator[Entry]:
    """Entries of a one-line-style file (`*.list`). Lines that are not understood are passed over."""
    for line in text.splitlines():
        said = line.split("#", 1)[0].strip()
        match = re.fullmatch(r"deb(?:\s+\[([^\]]*)\])?\s+(\S+)\s+(\S+)\s+(.+)", said)
        if match:
            options, uri, suite, components = match.groups()
            pairs = (pair.partition("=") for pair in shlex.split(options or ""))
            yield Entry(uri, (suite,), tuple(components.split()), {k.lower(): v for k, _, v in pairs})


def parse_sources(text: str) -> Iterator[Entry]:
    """Entries of a deb822-style file (`*.sources`), the disabled ones left out.

    A key that stands in the file itself (several lines under Signed-By) is left out of the options:
    apt then falls back to the keys it trusts for every archive.
    """
    for stanza in re.split(r"\n\s*\n", text):
        fields: dict[str, str] = {}
        name = ""
        for line in stanza.splitlines():
            if line.startswith("#"):
                continue
            if line[:1].isspace() and name:
                fields[name] += "\n" + line.strip()
            elif ":" in line:
                name, _, value = line.partition(":")
                name = name.strip().lower()
                fields[name] = value.strip()
        if fields.get("enabled", "yes").lower() in ("no", "false", "0", "off"):
            continue
        if "deb" not in fields.get("types", "").split():
            continue
        options = {k: fields[k] for k in _KEPT_OPTIONS if fields.get(k) and "\n" not in fields[k]}
        suites = tuple(fields.get("suites", "").split())
        components = tuple(fields.get("components", "").split())
        for uri in fields.get("uris", "").split():
            yield Entry(uri, suites, components, options)


def read_entries(folder: Path = APT_FOLDER) -> list[Entry]:
    """Every enabled binary entry of the machine, in apt's order."""
    found: list[Entry] = []
    parts = folder / "sources.list.d"
    files = [folder / "sources.list", *(sorted(parts.iterdir()) if parts.is_dir() else [])]
    for file in files:
        if not file.is_file():
            continue
        if file.suffix == ".sources":
            found += parse_sources(file.read_text(errors="replace"))
        elif file.suffix == ".list":  # apt, too, ignores every other ending
            found += parse_list(file.read_text(errors="replace"))
    return found


def archive_lines(entries: list[Entry], codename: str, suite: str) -> list[str]:
    """Lines `deb-src … suite main` for the archives that serve `codename main`, likeliest Debian first.

    Third parties name their suites after Debian's, too; what is signed with Debian's own keys, or lies in a
    folder called debian, comes first, and the caller takes the first one that has what it looks for.
    """

    def rank(entry: Entry) -> int:
        by_key = "debian-archive" in entry.options.get("signed-by", "")
        by_folder = entry.uri.rstrip("/").endswith("/debian")
        return -2 * by_key - by_folder

    fitting = [e for e in entries if codename in e.suites and "main" in e.components]
    lines = []
    for entry in sorted(fitting, key=rank):
        options = " ".join(f"{k}={entry.options[k]}" for k in _KEPT_OPTIONS if k in entry.options)
        line = f"deb-src {f'[{options}] ' if options else ''}{entry.uri} {suite} main"
        if line not in lines:
            lines.append(line)
    return lines


def main(arguments: list[str]) -> int:
    """Print the candidate lines, one each; exit 1 when the machine has no Debian archive."""
    codename, suite = arguments
    lines = archive_lines(read_entries(), codename, suite)
    print("\n".join(lines))
    return 0 if lines else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
