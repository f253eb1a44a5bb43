"""Deriving the next Debian's archive from the apt sources of a machine."""

from pathlib import Path

from app.db.apt_sources import archive_lines, parse_list, parse_sources, read_entries

KEY = "/usr/share/keyrings/debian-archive-keyring.gpg"

DEB822 = f"""\
Types: deb
# a comment inside the stanza
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: {KEY}

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
Signed-By: {KEY}
"""


def lines(*entries):
    return archive_lines(list(entries), "bookworm", "trixie")


def test_deb822_takes_the_main_archive_and_not_the_security_one():
    assert lines(*parse_sources(DEB822)) == [f"deb-src [signed-by={KEY}] http://mirror.example/debian trixie main"]


def test_one_line_style_with_options_and_without():
    text = f"""
    # deb http://old.example/debian bookworm main
    deb-src http://mirror.example/debian bookworm main
    deb [arch=amd64 signed-by={KEY}] http://mirror.example/debian bookworm main contrib # ours
    deb http://other.example/debian bookworm main
    """
    assert lines(*parse_list(text)) == [
        f"deb-src [signed-by={KEY}] http://mirror.example/debian trixie main",
        "deb-src http://other.example/debian trixie main",
    ]


def test_disabled_entries_and_other_components_are_left_out():
    disabled = DEB822.replace("Types: deb\n#", "Enabled: no\nTypes: deb\n#", 1)
    assert lines(*parse_sources(disabled)) == []
    assert lines(*parse_sources(DEB822.replace("Components: main", "Components: contrib"))) == []


def test_debian_comes_before_third_parties_that_name_their_suites_alike():
    third_party = "deb [signed-by=/etc/apt/keyrings/them.gpg] https://them.example bookworm main"
    found = lines(*parse_list(third_party), *parse_sources(DEB822))
    assert "mirror.example/debian " in found[0]
    assert len(found) == 2


def test_a_key_inside_the_file_is_left_to_the_trusted_ones():
    inline = DEB822.replace(f"Signed-By: {KEY}", "Signed-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc", 1)
    assert lines(*parse_sources(inline)) == ["deb-src http://mirror.example/debian trixie main"]


def test_files_are_read_like_apt_reads_them(tmp_path: Path):
    parts = tmp_path / "sources.list.d"
    parts.mkdir()
    (tmp_path / "sources.list").write_text("deb http://a.example/debian bookworm main\n")
    (parts / "debian.sources").write_text(DEB822)
    (parts / "off.list.disabled").write_text("deb http://off.example/debian bookworm main\n")
    found = read_entries(tmp_path)
    assert {entry.uri for entry in found} == {
        "http://a.example/debian",
        "http://mirror.example/debian",
        "http://mirror.example/debian-security",
    }
    assert read_entries(tmp_path / "nothing") == []
