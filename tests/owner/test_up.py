"""`./lab up` and what may go wrong around it, in a room where everything is set up."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import sys
from collections.abc import Iterator

import psutil
import pytest
from rooms import Room, Session

from labhelpers.wait import wait_until

pytestmark = [pytest.mark.owner, pytest.mark.engine]
ADDRESS = r"http://127\.0\.0\.1:(\d+)\S+token=(\S+)"
REGISTRY = ["ps", "-a", "--format", "{{.Names}}", "--filter", "label=org.labhelpers.role"]
LISTEN = """
import socket, time
server = socket.create_server(("127.0.0.1", {}))
print("it listens", flush=True)
time.sleep(600)
"""


def jupyter(room: Room) -> list[psutil.Process]:
    """JupyterLab and its kernels and terminals."""
    return room.running("jupyter", "ipykernel")


@pytest.fixture(scope="class")
def opened(furnished: Room) -> Iterator[Session]:
    """A running `./lab up`."""
    session = furnished.open("up", "--no-browser", "--yes")
    try:
        session.prints(ADDRESS)
        yield session
    finally:
        session.close()


ASK = """
import requests, sys
method, url, token = sys.argv[1:]
headers = {"Authorization": f"token {token}"} if token else {}
answer = requests.request(method, url, headers=headers, allow_redirects=False, timeout=20)
print(answer.status_code)
print(answer.text)
"""


def ask(room: Room, url: str, *, token: str = "", method: str = "GET") -> tuple[str, str]:
    """Status and body of an answer, from inside the room."""
    out = room.run(sys.executable, "-c", ASK, method, url, token).stdout
    status, body = out.split("\n", 1)
    return status, body


def kernel(room: Room, port: str, token: str) -> None:
    """Start a kernel, as a notebook does."""
    status, _ = ask(room, f"http://127.0.0.1:{port}/api/kernels", token=token, method="POST")
    assert status == "201"
    wait_until(lambda: any("ipykernel" in " ".join(p.cmdline()) for p in jupyter(room)), 30, what="a kernel")


class TestOpened:
    """One `./lab up` that runs, looked at from all sides."""

    def test_only_this_machine_and_only_with_the_token(self, furnished: Room, opened: Session) -> None:
        port, token = re.search(ADDRESS, opened.text()).groups()  # type: ignore[union-attr]
        api = f"http://127.0.0.1:{port}/api/contents"
        assert ask(furnished, api)[0] == "403"
        assert ask(furnished, api, token="wrong")[0] == "403"
        assert ask(furnished, f"http://127.0.0.1:{port}/lab")[0] == "302"
        assert ask(furnished, api, token=token)[0] == "200"
        heard = furnished.run("ss", "-Hltn").stdout
        addresses = {line.split()[3].rsplit(":", 1)[0] for line in heard.splitlines()}
        assert addresses == {"127.0.0.1"}

    def test_the_token_is_in_no_log_and_no_list_of_processes(self, furnished: Room, opened: Session) -> None:
        port, token = re.search(ADDRESS, opened.text()).groups()  # type: ignore[union-attr]
        ask(furnished, f"http://127.0.0.1:{port}/lab?token={token}")
        kernel(furnished, port, token)
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                assert token not in " ".join(process.cmdline()), process
        for path in furnished.home.rglob("*"):
            if furnished.places.engine_data in path.parents or not path.is_file() or path.is_symlink():
                continue
            try:
                text = path.read_text(errors="replace")
            except OSError:
                continue  # a mark of the kernel's, not a file
            if token in text:
                assert furnished.places.runtime in path.parents, f"{path} stays"
        assert furnished.places.runtime.stat().st_mode & 0o777 == 0o700

    def test_a_second_up_gives_the_address_and_changes_nothing(
        self, furnished: Room, opened: Session
    ) -> None:
        url = re.search(ADDRESS, opened.text()).group()  # type: ignore[union-attr]
        there = sorted(p.pid for p in jupyter(furnished))
        second = furnished.lab("up", "--no-browser", "--yes")
        assert second.returncode == 0
        assert second.stdout == f"The workshop is open already at\n  {url}\n"
        assert sorted(p.pid for p in jupyter(furnished)) == there

    def test_the_doctor_says_of_each_check_what_was_found_and_what_to_do(
        self, furnished: Room, opened: Session
    ) -> None:
        well = furnished.lab("doctor", "--json")
        report = json.loads(well.stdout)
        bad = [check for check in report["checks"] if check["ok"] is False]
        assert (well.returncode, report["ok"], bad) == (0, True, [])
        for check in report["checks"]:
            assert set(check) == {"name", "ok", "detail", "fix"}
            assert check["detail"], check
            assert check["fix"] or check["ok"] is not False, check
        names = [check["name"] for check in report["checks"]]
        for name in (
            "engine",
            "class registry",
            "stock images",
            "buildx",
            "compose",
            "disk",
            "memory",
            "hub",
        ):
            assert name in names
        nowhere = f"unix://{furnished.home}/nowhere.sock"
        ill = furnished.lab("doctor", "--json", DOCKER_HOST=nowhere)
        report = json.loads(ill.stdout)
        assert (ill.returncode, report["ok"]) == (1, False)
        assert [check["name"] for check in report["checks"]] == names, "the same checks, whatever they find"
        for check in report["checks"]:
            assert check["fix"] or check["ok"] is not False, check
        assert furnished.lab("doctor", DOCKER_HOST=nowhere).returncode == 1


def test_a_second_up_while_the_first_prepares(furnished: Room) -> None:
    first = furnished.open("up", "--no-browser", "--yes")
    try:
        # What it says, it says with the lock in its hands; the lock's file alone shows nothing.
        first.prints("…")
        # Stopped, it stays in the middle of its work for as long as this test likes.
        first.process.send_signal(signal.SIGSTOP)
        second = furnished.lab("up", "--no-browser", "--yes")
        assert second.returncode == 1
        assert "another ./lab up is setting it up at this moment" in second.stdout
        assert second.stdout.count("\n") == 1
        first.process.send_signal(signal.SIGCONT)
        first.prints(ADDRESS)
    finally:
        first.process.send_signal(signal.SIGCONT)
        first.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_its_end_is_the_end_of_jupyterlab_and_its_kernels(number: signal.Signals, furnished: Room) -> None:
    up = furnished.open("up", "--no-browser", "--yes")
    try:
        up.prints(ADDRESS)
        port, token = re.search(ADDRESS, up.text()).groups()  # type: ignore[union-attr]
        kernel(furnished, port, token)
        assert up.ends(number) == 0
    finally:
        up.close()
    assert jupyter(furnished) == []
    assert "The engine keeps running" in up.text()
    assert len(furnished.dockerd()) == 1
    assert not (furnished.places.runtime / "jupyter.json").exists()


def test_its_end_while_jupyterlab_starts_leaves_none(furnished: Room) -> None:
    up = furnished.open("up", "--no-browser", "--yes")
    try:
        wait_until(lambda: jupyter(furnished), 60, what="JupyterLab's process", every=0.01, log=up.text)
        assert up.ends(signal.SIGTERM) in (0, 130)
        assert "Traceback" not in up.text()
    finally:
        up.close()
    assert jupyter(furnished) == []


def test_after_a_kill_the_next_one_takes_over(furnished: Room) -> None:
    """Killed before JupyterLab answered: the earliest moment at which there is something to take over."""
    killed = furnished.open("up", "--no-browser", "--yes")
    try:
        state = furnished.places.runtime / "jupyter.json"
        wait_until(state.exists, 60, what="JupyterLab's process", every=0.01, log=killed.text)
        left = {p.pid for p in jupyter(furnished)}
        assert killed.ends(signal.SIGKILL) != 0
    finally:
        killed.close()
    after = furnished.open("up", "--no-browser", "--yes")
    try:
        after.prints(ADDRESS)
        assert left
        assert not left & {p.pid for p in jupyter(furnished)}
    finally:
        after.close()
    assert jupyter(furnished) == []


@pytest.fixture
def occupied(furnished: Room, request: pytest.FixtureRequest) -> Iterator[Session]:
    """Something else listens at a port."""
    if request.param == 5005:
        furnished.docker("rm", "-f", *furnished.docker(*REGISTRY).split())
    session = furnished.spawn(sys.executable, "-c", LISTEN.format(request.param))
    try:
        session.prints("^it listens$")
        yield session
    finally:
        session.close()


@pytest.mark.parametrize("occupied", [8899], indirect=True)
def test_a_port_that_is_taken_is_named(furnished: Room, occupied: Session) -> None:
    done = furnished.lab("up", "--no-browser", "--yes", "--port", "8899")
    assert done.returncode == 1
    pid = occupied.process.pid
    assert re.search(
        rf"lab: Could not open port 8899 for JupyterLab: python\S* \(process {pid}\)", done.stdout
    )
    assert done.stdout.count("\n") == 1


@pytest.mark.parametrize("occupied", [5005], indirect=True)
def test_the_class_registrys_port_that_is_taken_is_named(furnished: Room, occupied: Session) -> None:
    done = furnished.lab("up", "--no-browser", "--yes")
    assert done.returncode == 1
    last = done.stdout.splitlines()[-1]
    assert last.startswith("lab: Could not open port 5005 for the class registry: python")
    assert f"(process {occupied.process.pid})" in last
    assert "Traceback" not in done.stdout
    report = json.loads(furnished.lab("doctor", "--json").stdout)
    (registry,) = [check for check in report["checks"] if check["name"] == "class registry"]
    assert (registry["ok"], registry["detail"]) == (False, "something else listens at port 5005")


@pytest.mark.parametrize("occupied", [8888], indirect=True)
def test_without_a_wish_the_next_free_port_is_taken(furnished: Room, occupied: Session) -> None:
    up = furnished.open("up", "--no-browser", "--yes")
    try:
        assert ":8889/" in up.prints(ADDRESS)
    finally:
        up.close()


def test_a_jupyterlab_and_a_class_registry_that_were_killed(furnished: Room) -> None:
    """The one takes its kernels along, and `up`; the other is mended by the next."""
    first = furnished.open("up", "--no-browser", "--yes")
    port, token = re.search(ADDRESS, first.prints(ADDRESS)).groups()  # type: ignore[union-attr]
    kernel(furnished, port, token)
    next(p for p in jupyter(furnished) if "jupyterlab" in p.cmdline()).kill()
    assert first.ends() == 1
    assert "JupyterLab ended with status -9" in first.text()
    assert jupyter(furnished) == []
    assert not (furnished.places.runtime / "jupyter").exists(), "the token was in there"
    name = furnished.docker(*REGISTRY)
    furnished.docker("kill", name)
    doctor = furnished.lab("doctor", "--json")
    assert doctor.returncode == 1
    again = furnished.open("up", "--no-browser", "--yes")
    try:
        again.prints(ADDRESS)
        assert "Building" not in again.text()
        assert furnished.docker("ps", "--format", "{{.Names}}") == name
    finally:
        again.close()


def test_a_folder_that_cannot_be_used_is_named(furnished: Room) -> None:
    taken = furnished.home / "file"
    taken.touch()
    done = furnished.lab(
        "up",
        "--no-browser",
        "--yes",
        LABHELPERS_HOME=str(taken),
        DOCKER_HOST=f"unix://{taken}/run/docker.sock",
    )
    assert done.returncode == 1
    assert str(taken) in done.stdout
    assert "Set LABHELPERS_HOME to a folder." in done.stdout
    assert "Traceback" not in done.stdout


def test_down_after_a_kill_ends_jupyterlab(furnished: Room) -> None:
    """Also when nobody watches any more."""
    killed = furnished.open("up", "--no-browser", "--yes")
    try:
        killed.prints(ADDRESS)
        (watcher,) = [p for p in furnished.processes() if "labhelpers.watch" in p.cmdline()]
        watcher.kill()
        killed.ends(signal.SIGKILL)
    finally:
        killed.close()
    down = furnished.lab("down")
    assert down.stdout == "Stopped: JupyterLab, the class registry, the workshop's own engine.\n"
    assert furnished.processes() == []
    again = furnished.lab("down")
    assert (again.returncode, again.stdout) == (0, "Nothing of the workshop was running.\n")
