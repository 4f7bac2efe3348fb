"""Where the workshop keeps its files on this machine.

One variable, `LABHELPERS_HOME`, moves everything below one folder (tests and shared machines use it);
without it the platform's own places are used (`XDG_DATA_HOME`, `XDG_CACHE_HOME`, `XDG_RUNTIME_DIR` honoured).
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

APP = "labhelpers"
# A Unix socket's path has at most 107 bytes (sun_path in unix(7)); leave room for the longest name below it.
_LONGEST_RUNTIME = 107 - len("/exec/containerd/containerd-debug.sock.ttrpc")


@dataclass(frozen=True)
class Places:
    """The folders of one workshop. None of them need exist yet.

    `data`: what must survive (engine prefix, engine data, progress). `cache`: what can be made again.
    `runtime`: sockets, pid files and locks; short enough for a Unix socket. `notebooks`: the learner's
    copies of the notebooks, which JupyterLab opens.
    """

    data: Path
    cache: Path
    runtime: Path
    notebooks: Path

    @property
    def prefix(self) -> Path:
        """The private prefix: programs of our own, unpacked from the distribution's packages."""
        return self.data / "prefix"

    @property
    def client_prefix(self) -> Path:
        """A private prefix with the docker command line alone, beside an engine of the machine's."""
        return self.data / "client"

    @property
    def engine_data(self) -> Path:
        """What the workshop's own engine stores."""
        return self.data / "engine"

    @property
    def socket(self) -> Path:
        """The socket of the workshop's own engine."""
        return self.runtime / "docker.sock"

    @property
    def engine_pid(self) -> Path:
        """The number of its process, in a file that a killed one leaves."""
        return self.runtime / "docker.pid"

    @property
    def engine_state(self) -> Path:
        """What the machine's network was before it started; there as long as something is to be undone."""
        return self.runtime / "network.json"

    @property
    def docker_config(self) -> Path:
        """The Docker CLI's configuration inside the workshop; the learner's own is never touched."""
        return self.data / "docker-config"

    @property
    def kit(self) -> Path:
        """A class kit that was loaded; `lab` itself looks there for Python packages."""
        return self.cache / "kit"

    @property
    def logs(self) -> Path:
        """Logs of what the workshop starts."""
        return self.data / "logs"


def _runtime() -> Path:
    given = os.environ.get("XDG_RUNTIME_DIR")
    if given and Path(given).is_dir():
        return Path(given) / APP
    user = os.getuid() if hasattr(os, "getuid") else None
    if user == 0 and Path("/run").is_dir():
        return Path("/run") / APP
    import tempfile  # brings half the standard library, for a folder that is rarely needed

    return Path(tempfile.gettempdir()) / (APP if user is None else f"{APP}-{user}")


def places() -> Places:
    """The folders that the environment asks for."""
    home = os.environ.get("LABHELPERS_HOME")
    if not home:
        import platformdirs  # 10 ms, which nobody needs who said where

        return Places(
            data=Path(platformdirs.user_data_dir(APP, appauthor=False)),
            cache=Path(platformdirs.user_cache_dir(APP, appauthor=False)),
            runtime=_runtime(),
            notebooks=Path(__file__).resolve().parents[1] / "my-notebooks",
        )
    root = Path(home).expanduser().absolute()
    runtime = root / "run"
    if len(os.fsencode(runtime)) > _LONGEST_RUNTIME:
        short = hashlib.sha256(os.fsencode(root)).hexdigest()[:12]
        runtime = _runtime().with_name(f"{APP}-{short}")
    return Places(root / "data", root / "cache", runtime, notebooks=root / "notebooks")
