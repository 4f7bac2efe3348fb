"""`./lab` itself: making .venv, once, whatever happens; then handing over.

The checkout is a fresh clone. What is installed is one small wheel, so that these tests need no network; the
real lock file is installed where `./lab up` is tested.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from rooms import default_interrupt
from support import ROOT

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the launcher is a bash script")
TOOLS = ["bash", "sh", "cat", "cp", "mkdir", "mv", "rm", "grep", "sleep"]
TOOLS += ["readlink", "env", "tr", "ps", "uname", "tar"]
PYTHON = Path(sys._base_executable)  # type: ignore[attr-defined]


@dataclass
class Checkout:
    """A clone with a package that only says what it was given. `tools`: the whole of its PATH."""

    folder: Path
    tools: Path
    wheels: Path

    @property
    def env(self) -> dict[str, str]:
        """An environment without any program but `tools`."""
        return {
            "PATH": str(self.tools),
            "HOME": str(self.folder.parent),
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(self.wheels),
            "PIP_CONFIG_FILE": os.devnull,
            "TMPDIR": str(self.folder.parent),  # where pip leaves folders when it is killed
        }

    def lab(self, *words: str, program: Path | None = None, **env: str) -> subprocess.CompletedProcess[str]:
        """Run it to its end."""
        return subprocess.run(
            [str(program or self.folder / "lab"), *words],
            env={**self.env, **env},
            cwd=self.folder.parent,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=200,
        )

    def start(self, **env: str) -> subprocess.Popen[str]:
        """Start it, in a process group of its own as a terminal does."""
        return subprocess.Popen(
            [str(self.folder / "lab"), "hello"],
            env={**self.env, **env},
            cwd=ROOT,  # another checkout: its package must not be the one that runs
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=default_interrupt,
        )

    def fake(self, name: str, script: str) -> None:
        """Put a program of that name into PATH."""
        path = self.tools / name
        path.unlink(missing_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)


def wheel(folder: Path) -> str:
    """Make the smallest wheel there can be, and return its line of a lock file."""
    info = "labstub-1.0.dist-info"
    files = {
        "labstub.py": "",
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: labstub\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = []
    path = folder / "labstub-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
            record.append(f"{name},sha256={digest},{len(text)}")
        archive.writestr(f"{info}/RECORD", "\n".join([*record, f"{info}/RECORD,,", ""]))
    return f"labstub==1.0 --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `python3 -m venv` makes, made once."""
    folder = tmp_path_factory.mktemp("blank") / "venv"
    subprocess.run([PYTHON, "-m", "venv", folder], check=True)
    return folder


@pytest.fixture
def checkout(tmp_path: Path, blank: Path) -> Checkout:
    """A clone, on a machine whose `python3 -m venv` takes a moment: pip is in it already."""
    made = bare_checkout(tmp_path)
    # A copy knows itself by where its python is; only the programs beside it name the place of the first.
    made.fake("python3", f'[ "$1 $2" = "-m venv" ] && exec cp -a "{blank}" "$3"; exec "{PYTHON}" "$@"')
    return made


def bare_checkout(tmp_path: Path) -> Checkout:
    """A clone, with the Python that runs the tests."""
    folder, tools, wheels = (tmp_path / name for name in ("a checkout", "tools", "wheels"))
    subprocess.run(["git", "clone", "-q", ROOT, folder], check=True)
    shutil.copy(ROOT / "lab", folder / "lab")
    wheels.mkdir()
    line = wheel(wheels)
    for name in ("requirements.lock", "requirements-dev.lock"):
        (folder / name).write_text(line)
    # Everything is compiled at a first start; these two lines are what the package is about here.
    shutil.rmtree(folder / "labhelpers")
    (folder / "labhelpers").mkdir()
    (folder / "labhelpers/__init__.py").touch()
    (folder / "labhelpers/__main__.py").write_text(
        "import sys, labstub, labhelpers\n"
        "if sys.argv[1:] == ['fail']: sys.exit(2)\n"
        "print('handed over', *sys.argv[1:], labhelpers.__file__)\n"
    )
    tools.mkdir()
    for name in TOOLS:
        if found := shutil.which(name):
            (tools / name).symlink_to(found)
    (tools / "python3").symlink_to(PYTHON)
    made = Checkout(folder, tools, wheels)
    made.fake("id", "echo 1000")  # as an ordinary user: nothing is installed into the machine
    return made


@pytest.fixture
def hanging() -> Iterator[socket.socket]:
    """A package index that accepts and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(120)
        yield server


def test_first_start_second_start_and_from_anywhere(tmp_path: Path) -> None:
    checkout = bare_checkout(tmp_path)
    first = checkout.lab("hello", "a b")
    assert first.returncode == 0, first.stderr
    assert first.stdout == f"handed over hello a b {checkout.folder}/labhelpers/__init__.py\n"
    assert "first start: fetching 1 Python packages" in first.stderr
    assert not (checkout.folder / ".venv.lock").exists()

    link = tmp_path / "elsewhere" / "workshop"
    link.parent.mkdir()
    link.symlink_to(checkout.folder / "lab")
    for program in (None, link):
        second = checkout.lab("hello", program=program, PIP_FIND_LINKS="/nowhere")
        assert (second.returncode, second.stderr) == (0, ""), "nothing is fetched again"
        assert f"{checkout.folder}/" in second.stdout
    assert checkout.lab("fail").returncode == 2, "the command's status is the launcher's"

    # A changed lock file is noticed; so is a checkout that was moved.
    with (checkout.folder / "requirements.lock").open("a") as lock:
        lock.write("# changed\n")
    assert "first start" in checkout.lab("hello").stderr
    moved = checkout.folder.with_name("moved")
    checkout.folder.rename(moved)
    after = checkout.lab("hello", program=moved / "lab")
    assert f"{moved}/labhelpers" in after.stdout, after.stderr


@pytest.mark.parametrize("version", ["3.9.2", "3.10.14"])
def test_python_too_old(version: str, checkout: Checkout) -> None:
    script = f'case $1 in --version) echo "Python {version}" ;; *) exit 1 ;; esac'
    checkout.fake("python3", script)
    done = checkout.lab("up")
    assert done.returncode == 1
    assert f"Python 3.11 or newer is needed, and this machine has Python {version}." in done.stderr
    assert not (checkout.folder / ".venv").exists()
    assert not (checkout.folder / ".venv.lock").exists()
    assert done.stderr.count("\n") == 2, "what it began, and one message"


def test_no_python(checkout: Checkout) -> None:
    (checkout.tools / "python3").unlink()
    done = checkout.lab("up")
    assert done.returncode == 1
    assert "this machine has no Python 3. Install a newer Python" in done.stderr


def test_python_without_venv(checkout: Checkout) -> None:
    checkout.fake("python3", f'case "$*" in *ensurepip*) exit 1 ;; *) exec "{PYTHON}" "$@" ;; esac')
    done = checkout.lab("up")
    assert done.returncode == 1
    assert "lacks the modules venv and ensurepip" in done.stderr
    assert "sudo apt install python3-venv" in done.stderr
    assert not (checkout.folder / ".venv.lock").exists()


def test_packages_that_cannot_be_fetched(checkout: Checkout) -> None:
    done = checkout.lab("up", PIP_FIND_LINKS="/nowhere")
    assert done.returncode == 1
    assert "Could not fetch the Python packages" in done.stderr.splitlines()[-1]
    again = checkout.lab("hello")
    assert again.returncode == 0, again.stderr


def test_the_packages_of_a_class_kit_are_used(checkout: Checkout, tmp_path: Path) -> None:
    """Those of the file that is being loaded; later, those of what was loaded."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    kept = tmp_path / "home/cache/kit/wheels" / version
    kept.parent.mkdir(parents=True)
    checkout.wheels.rename(kept)
    kit = tmp_path / "a class.kit"
    subprocess.run(["tar", "cf", kit, "-C", tmp_path / "home/cache/kit", "wheels"], check=True)
    nothing = {"PIP_FIND_LINKS": "/nowhere", "LABHELPERS_HOME": str(tmp_path / "other")}
    for words in (["kit", "load", str(tmp_path / "no.kit")], ["kit", "load", str(kit), "more"], ["hello"]):
        assert checkout.lab(*words, **nothing).returncode == 1
    first = checkout.lab("kit", "load", str(kit), **nothing)
    assert first.returncode == 0, first.stderr
    assert "installing 1 Python packages from the class kit" in first.stderr
    assert first.stdout.startswith(f"handed over kit load {kit} ")
    shutil.rmtree(checkout.folder / ".venv")
    later = checkout.lab("hello", **{**nothing, "LABHELPERS_HOME": str(tmp_path / "home")})
    assert later.returncode == 0, later.stderr
    assert sorted(p.name for p in checkout.folder.glob(".venv*")) == [".venv"]


def test_what_is_no_kit_gives_no_packages(checkout: Checkout, tmp_path: Path) -> None:
    kit = tmp_path / "text.kit"
    kit.write_text("not a tar")
    done = checkout.lab("kit", "load", str(kit))
    assert done.returncode == 1
    assert f"Could not load the kit {kit}: it is no kit" in done.stderr.splitlines()[-1]
    assert not list(checkout.folder.glob(".venv*"))


def test_a_package_that_is_not_the_locked_one_is_refused(checkout: Checkout) -> None:
    lock = checkout.folder / "requirements.lock"
    lock.write_text(lock.read_text()[:-8] + "0000000\n")
    done = checkout.lab("up")
    assert done.returncode == 1
    assert "HASHES" in done.stderr or "hashes" in done.stderr


def test_two_first_starts_at_once(checkout: Checkout) -> None:
    both = [checkout.start(), checkout.start()]
    results = [(process.communicate(timeout=200), process.returncode) for process in both]
    assert [status for _, status in results] == [0, 0], results
    assert all("handed over hello" in out for (out, _), _ in results)
    made = sum("first start" in err for (_, err), _ in results)
    assert made == 1, "one makes it, the other waits"
    assert not (checkout.folder / ".venv.lock").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_install_is_repeated(
    number: signal.Signals, checkout: Checkout, hanging: socket.socket
) -> None:
    address = f"http://127.0.0.1:{hanging.getsockname()[1]}/"
    process = checkout.start(PIP_NO_INDEX="", PIP_FIND_LINKS="", PIP_INDEX_URL=address)
    try:
        connection, _ = hanging.accept()  # the install is in the middle of its work
        os.killpg(process.pid, number)
        connection.close()
        _, err = process.communicate(timeout=60)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    if number == signal.SIGINT:
        assert process.returncode == 130
        assert err.splitlines()[-1] == "lab: stopped. Run the same command again to go on."
        assert not (checkout.folder / ".venv.lock").exists()
    again = checkout.lab("hello")
    assert again.returncode == 0, again.stderr
    assert "handed over" in again.stdout


@pytest.mark.parametrize("holder", ["gone", "another program"])
def test_the_lock_of_a_process_that_is_gone_holds_nobody(holder: str, checkout: Checkout) -> None:
    other = subprocess.Popen(["sleep", "600"])
    try:
        if holder == "gone":
            other.kill()
            other.wait()
        lock = checkout.folder / ".venv.lock"
        lock.mkdir()
        (lock / "pid").write_text(f"{other.pid}\n")
        done = checkout.lab("hello")
        assert done.returncode == 0, done.stderr
        assert "waiting" not in done.stderr
        assert not lock.exists()
    finally:
        other.kill()
        other.wait()


def test_the_lock_of_one_that_works_is_waited_for(checkout: Checkout) -> None:
    lock = checkout.folder / ".venv.lock"
    lock.mkdir()
    # Called as the launcher is, from where it is.
    other = subprocess.Popen(["bash", "-c", f"exec -a '{checkout.folder}/lab' sleep 600"])
    try:
        (lock / "pid").write_text(f"{other.pid}\n")
        process = checkout.start()
        assert process.stderr is not None
        assert process.stderr.readline() == "lab: another ./lab is making .venv; waiting for it\n"
        assert process.poll() is None
        shutil.rmtree(lock)
        out, err = process.communicate(timeout=200)
        assert (process.returncode, "handed over" in out) == (0, True), err
    finally:
        other.kill()
        other.wait()


def test_wrong_use_of_the_real_one() -> None:
    done = subprocess.run([ROOT / "lab", "nonsense"], capture_output=True, text=True, timeout=500)
    assert done.returncode == 2
    assert "Usage: ./lab" in done.stderr
    assert "Traceback" not in done.stderr
