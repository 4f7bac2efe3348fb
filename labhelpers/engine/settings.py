"""How the workshop's own engine is set up: the content of its configuration file (daemon.json of dockerd)."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import psutil

from labhelpers.engine import network
from labhelpers.places import Places


def daemon(
    where: Places, before: network.Before, *, exec_root: Path, pid_file: Path, cgroup: str
) -> dict[str, object]:
    """The daemon's configuration: everything in folders of ours, on a bridge of ours, and no TCP port."""
    config: dict[str, object] = {
        "hosts": [f"unix://{where.socket}"],
        "group": str(os.getgid()),
        "data-root": str(where.engine_data),
        "exec-root": str(exec_root),
        "pidfile": str(pid_file),
        "bridge": before.bridge,
        "default-address-pools": [{"base": network.networks_base(before.pool), "size": 24}],
        "init-path": str(where.prefix / "usr/bin/tini-static"),
        # A control group of our own can be removed afterwards.
        "exec-opts": ["native.cgroupdriver=cgroupfs"],
        "cgroup-parent": f"/{cgroup}",
    }
    if os.environ.get("LABHELPERS_ENGINE_STORE") == "containerd":
        config["features"] = {"containerd-snapshotter": True}
    elif driver := storage_driver(where.engine_data):
        config["storage-driver"] = driver
    return config


def storage_driver(folder: Path) -> str | None:
    """The driver to ask for, or None to let the engine choose: overlay does not work on an overlay."""
    best = max(
        (
            p
            for p in psutil.disk_partitions(all=True)
            if str(folder).startswith(p.mountpoint.rstrip("/") + "/")
        ),
        key=lambda p: len(p.mountpoint),
        default=None,
    )
    if best is None or best.fstype != "overlay":
        return None
    return "fuse-overlayfs" if shutil.which("fuse-overlayfs") else "vfs"
