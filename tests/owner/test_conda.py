"""The README's two commands for conda, where there is a conda: its archive is not reached from everywhere."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
from owner.test_up import ADDRESS, ask
from rooms import Room
from support import ROOT

from labhelpers.wait import wait_until

pytestmark = [pytest.mark.owner, pytest.mark.engine, pytest.mark.long]


def test_the_workshop_opens_in_condas_environment(furnished: Room, tmp_path: Path) -> None:
    if not shutil.which("conda"):
        pytest.skip("there is no conda on this machine")
    section = (ROOT / "README.md").read_text().partition("### With conda")[2]
    create, up = re.search(r"```sh\n(.*?)```", section, re.S)[1].splitlines()  # type: ignore[index]
    # Nothing of whoever runs this is touched; an environment of the same name stays.
    env = {"CONDA_ENVS_PATH": str(tmp_path / "envs"), "CONDA_PKGS_DIRS": str(tmp_path / "packages")}
    made = subprocess.run(
        shlex.split(create),
        cwd=ROOT,
        env={**os.environ, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert made.returncode == 0, made.stdout[-3000:]
    session = furnished.spawn(*shlex.split(up), **env)
    try:
        port, token = re.search(ADDRESS, session.prints(ADDRESS)).groups()  # type: ignore[union-attr]
        assert ask(furnished, f"http://127.0.0.1:{port}/api/status", token=token)[0] == "200"
        (jupyterlab,) = [p for p in furnished.running("jupyterlab") if p.name().startswith("python")]
        assert Path(jupyterlab.exe()).is_relative_to(tmp_path / "envs/labhelpers")
        doctor = furnished.run("conda", "run", "-n", "labhelpers", "labhelpers", "doctor", check=False, **env)
        assert "Traceback" not in doctor.stdout
        for process in furnished.running("labhelpers up"):
            process.send_signal(signal.SIGINT)
        session.ends()
        wait_until(lambda: not furnished.running("jupyterlab"), 30, what="the end of JupyterLab")
    finally:
        session.close()
