"""JupyterLab for one workshop: started with a token on this machine only, and ended with what it started."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import webbrowser
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType

import requests
from filelock import FileLock, Timeout

from labhelpers.errors import LabError
from labhelpers.owners import claim
from labhelpers.places import Places
from labhelpers.process import tail
from labhelpers.registry.server import check_port, listening
from labhelpers.running import Running, end, end_of, forget, recorded, running, tidy, write
from labhelpers.wait import wait_until

DEFAULT_PORT = 8888
FIRST = "00_start_here.ipynb"  # the notebook that it opens with
_START_TIMEOUT = 90


class AlreadyRunning(LabError):
    """Another `./lab up` of this workshop is there. `running`: its JupyterLab, or None while it is set up."""

    def __init__(self, running: Running | None) -> None:
        self.running = running
        super().__init__(
            "start a second workshop in the same place",
            "another ./lab up is setting it up at this moment",
            "Look at that one's window; run ./lab up again when it is ready.",
        )


@contextmanager
def only_one(where: Places) -> Iterator[None]:
    """Hold the workshop's lock. Raises AlreadyRunning when another process holds it."""
    where.runtime.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = FileLock(where.runtime / "up.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        other = running(where)
        raise AlreadyRunning(other if other and other.ready else None) from None
    try:
        # A server whose `./lab up` was killed is nobody's any more.
        if left := recorded(where):
            end_of(where, left.owner)
        yield
    finally:
        forget(where)
        # While it is held: afterwards the name may be another process's lock already.
        (where.runtime / "up.lock").unlink(missing_ok=True)
        lock.release()


def leave_in_order() -> None:
    """Let the terminal's end and SIGTERM be what Ctrl-C is: JupyterLab must not outlive this process."""

    def leave(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    for name in ("SIGTERM", "SIGHUP"):  # Windows has no SIGHUP
        if number := getattr(signal, name, None):
            signal.signal(number, leave)


@contextmanager
def _signals_wait() -> Iterator[None]:
    """What would end this process ends it after the block: nothing may be begun and not written down."""
    came: list[int] = []
    before = {}
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        # What is ignored stays so, also in the programs that are started.
        if number and callable(signal.getsignal(number)):
            before[number] = signal.signal(number, lambda number, _: came.append(number))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if came:
        signal.raise_signal(came[0])


def choose_port(asked: int | None) -> int:
    """The port to use: the one asked for, or the first free one from 8888.

    Raises PortTaken when the one asked for is in use, or twenty in a row are.
    """
    if asked is not None:
        check_port(asked, "JupyterLab")
        return asked
    for port in range(DEFAULT_PORT, DEFAULT_PORT + 20):
        if not listening(port):
            return port
    check_port(DEFAULT_PORT, "JupyterLab")
    return DEFAULT_PORT


@contextmanager
def opened(where: Places, env: Mapping[str, str], port: int) -> Iterator[Server]:
    """A JupyterLab that is starting; it ends with the block, whenever a signal comes."""
    server = None
    try:
        with _signals_wait():
            server = Server(where, env, port)
        yield server
    finally:
        if server is not None:
            server.stop()


class Server:
    """One JupyterLab process."""

    def __init__(self, where: Places, env: Mapping[str, str], port: int) -> None:
        self.where = where
        self.port = port
        self.log_file = where.logs / "jupyter.log"
        self._token = secrets.token_urlsafe(24)
        where.logs.mkdir(parents=True, exist_ok=True, mode=0o700)
        settings = {
            "ip": "127.0.0.1",
            "port": port,
            "port_retries": 0,
            "open_browser": False,
            "root_dir": str(where.notebooks),
            "allow_root": True,  # in containers and on class machines root is the only user
            # It would start npm to look for language servers, which nobody needs here.
            "jpserver_extensions": {"jupyter_lsp": False},
            # A login shell would forget PATH, and with it the workshop's docker command.
            "terminado_settings": {"shell_command": [os.environ.get("SHELL") or "/bin/sh"]},
        }
        config = {
            "ServerApp": settings,
            # News are fetched from another host; the workshop asks none.
            "LabApp": {
                "default_url": f"/lab/tree/{FIRST}",
                "news_url": None,
                "check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
            },
        }
        quiet = {"fetchNews": "false", "checkForUpdates": False}
        folder = where.data / "jupyter"
        (folder / "labconfig").mkdir(parents=True, exist_ok=True)
        overrides = folder / "labconfig" / "default_setting_overrides.json"
        overrides.write_text(json.dumps({"@jupyterlab/apputils-extension:notification": quiet}))
        config_file = folder / "jupyter_server_config.json"
        config_file.write_text(json.dumps(config, indent=1))
        with self.log_file.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "jupyterlab", f"--config={config_file}"],
                env={
                    **os.environ,
                    **env,
                    # By the environment, so that no list of processes shows it.
                    "JUPYTER_TOKEN": self._token,
                    # The user's own Jupyter settings, kernels and extensions are left out of it.
                    "JUPYTER_CONFIG_DIR": str(folder),
                    "JUPYTER_DATA_DIR": str(folder / "data"),
                    "JUPYTER_RUNTIME_DIR": str(where.runtime / "jupyter"),
                    "IPYTHONDIR": str(folder / "ipython"),
                    "PYTHONDONTWRITEBYTECODE": "1",
                },
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches `./lab`, which ends it in order
            )

        # At once, not when it answers: whatever ends this process, the next `up` or `down` finds the server.
        self._write_state(ready=False)

    def _write_state(self, *, ready: bool) -> None:
        write(self.where, Running(self.process.pid, self.url, claim().name, ready))

    @property
    def url(self) -> str:
        """Its address, with the token."""
        return f"http://127.0.0.1:{self.port}/lab/tree/{FIRST}?token={self._token}"

    def open_browser(self) -> None:
        """Open it in the person's browser, through a page that leads there: `ps` shows no token."""
        page = self.where.runtime / "jupyter" / f"jpserver-{self.process.pid}-open.html"
        if page.exists():
            webbrowser.open(page.as_uri())

    def wait_ready(self) -> None:
        """Wait until it answers with its token. Raises LabError with the end of its log when it does not."""

        def probe() -> bool:
            if self.process.poll() is not None:
                log = tail(self.log_file.read_text(errors="replace"))
                raise LabError(
                    "start JupyterLab",
                    f"it ended with status {self.process.returncode}",
                    f"Read {self.log_file}, then repeat ./lab up.",
                    log=log,
                )
            try:
                with requests.Session() as session:
                    session.trust_env = False
                    return session.get(
                        f"http://127.0.0.1:{self.port}/api/status",
                        headers={"Authorization": f"token {self._token}"},
                        timeout=2,
                    ).ok
            except requests.RequestException:
                return False

        wait_until(
            probe,
            _START_TIMEOUT,
            what="JupyterLab",
            fix=f"Read {self.log_file}, then repeat ./lab up.",
            log=lambda: tail(self.log_file.read_text(errors="replace")),
        )
        self._write_state(ready=True)

    def wait(self) -> int:
        """Stay until it ends; its exit status."""
        return self.process.wait()

    def stop(self) -> None:
        """End it and its kernels, also when it was killed."""
        if self.process.poll() is None:
            end(self.process.pid)
        self.process.wait()
        tidy(self.where)
