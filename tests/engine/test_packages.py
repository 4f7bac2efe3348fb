from __future__ import annotations

import json
from pathlib import Path

import pytest

from labhelpers.engine import packages
from labhelpers.engine.packages import Archive, client_packages, engine_packages, fetch, os_release
from labhelpers.telling import Quiet

TARGETS = """http://a.example/debian/|bookworm|main|debian
http://a.example/debian/|bookworm-updates|main|debian
http://s.example/debian-security/|bookworm-security|main|debian
http://other.example/tool|bookworm|stable|debian
"""
BOOKWORM = Archive("debian", "bookworm", "http://a.example/debian", "http://s.example/debian-security")


def test_os_release_with_and_without_quotes() -> None:
    text = "# comment\nID=debian\nVERSION_CODENAME='bookworm'\nPRETTY_NAME=\"Debian GNU/Linux 12\"\n\nX=a=b\n"
    assert os_release(text) == {
        "ID": "debian",
        "VERSION_CODENAME": "bookworm",
        "PRETTY_NAME": "Debian GNU/Linux 12",
        "X": "a=b",
    }


def test_the_archive_is_the_machines_own() -> None:
    assert packages._targets(TARGETS, "bookworm") == BOOKWORM


@pytest.mark.parametrize("text", ["", TARGETS.replace("bookworm|main", "trixie|main")])
def test_without_an_archive_of_this_release_there_is_none(text: str) -> None:
    assert packages._targets(text, "bookworm") is None


def test_the_first_of_two_mirrors_is_taken() -> None:
    text = TARGETS + "http://b.example/debian|bookworm|main|debian\n"
    assert packages._targets(text, "bookworm") == BOOKWORM


def test_debian_12_takes_its_engine_from_13_but_not_runc() -> None:
    own, newer = engine_packages(BOOKWORM, has=["iptables", "ip", "mmdebstrap"])
    assert own == ["runc"]
    assert {"docker.io", "docker-cli", "docker-compose", "docker-buildx", "containerd"} <= set(newer)


def test_debian_13_and_ubuntu_take_everything_from_themselves() -> None:
    for archive in (Archive("debian", "trixie", "u"), Archive("ubuntu", "noble", "u")):
        own, newer = engine_packages(archive, has=[])
        assert newer == []
        assert {"runc", "iptables", "iproute2", "mmdebstrap", "docker.io", "tini"} <= set(own)
        assert len(own) == len(set(own))
        assert set(client_packages(archive)[0]) <= set(own)


def stamp(prefix: Path, **wanted: object) -> None:
    prefix.mkdir(exist_ok=True)
    (prefix / ".packages.json").write_text(json.dumps({"wanted": wanted}))


class TestFetch:
    """When the programs are fetched anew, and when what is there will do."""

    @pytest.fixture
    def fetched(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """What was run: nothing, when what is there will do."""
        calls: list[str] = []

        def run(argv: list[str], **_: object) -> str:
            calls.append(argv[0])
            return ""

        monkeypatch.setattr(packages, "run", run)
        return calls

    def test_what_is_there_is_kept(self, tmp_path: Path, fetched: list[str]) -> None:
        stamp(tmp_path, own=["a", "b"], newer=["c"], release="bookworm")
        fetch(BOOKWORM, tmp_path, ["b", "a"], ["c"], Quiet())
        assert fetched == []

    def test_a_tool_that_the_machine_has_got_meanwhile_changes_nothing(
        self, tmp_path: Path, fetched: list[str]
    ) -> None:
        stamp(tmp_path, own=["iptables", "runc"], newer=["c"], release="bookworm")
        fetch(BOOKWORM, tmp_path, ["runc"], ["c"], Quiet())
        assert fetched == []

    @pytest.mark.parametrize(
        "there",
        [
            {"own": ["a"], "newer": ["c"], "release": "bullseye"},
            {"own": [], "newer": ["c"], "release": "bookworm"},
            {"own": ["a"], "newer": [], "release": "bookworm"},
            {"own": 1},
        ],
    )
    def test_what_is_missing_or_older_is_fetched(
        self, there: dict[str, object], tmp_path: Path, fetched: list[str]
    ) -> None:
        prefix = tmp_path / "prefix"
        stamp(prefix, **there)
        with pytest.raises(FileNotFoundError):  # nothing was unpacked: apt is not run here
            fetch(BOOKWORM, prefix, ["a"], ["c"], Quiet())
        assert "apt-get" in fetched
        assert prefix.exists(), "the old one stays until the new one is whole"

    def test_a_damaged_stamp_is_no_stamp(self, tmp_path: Path, fetched: list[str]) -> None:
        prefix = tmp_path / "prefix"
        prefix.mkdir()
        (prefix / ".packages.json").write_text("{")
        with pytest.raises(FileNotFoundError):
            fetch(BOOKWORM, prefix, ["a"], [], Quiet())
        assert "apt-get" in fetched


def test_apt_reads_and_writes_nothing_of_the_systems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dump = 'Acquire::http::Proxy "http://proxy.example:3128";\nAcquire::Languages "de";\n'
    monkeypatch.setattr(packages, "run", lambda *_, **__: dump)
    text = packages._apt_configuration(tmp_path, BOOKWORM).read_text()
    assert 'Acquire::http::Proxy "http://proxy.example:3128";' in text
    assert '"de"' not in text
    for line in text.splitlines():
        if line.startswith("Dir::"):
            assert "/dev/null" in line or str(tmp_path) in line
    sources = (tmp_path / "sources/archive.sources").read_text()
    assert "Suites: bookworm bookworm-updates trixie\n" in sources


def test_the_prefix_comes_first() -> None:
    assert packages.search_path(Path("/p")).startswith("/p/bin:/p/usr/bin:/p/usr/sbin:")
