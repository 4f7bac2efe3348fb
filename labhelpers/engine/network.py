"""The network of the workshop's own engine: an address range of its own, and nothing left of it afterwards.

An engine adds chains and rules to the packet filter, switches forwarding on, and leaves bridges behind.
What was there before is recorded when the engine starts and put back when it stops.
"""

from __future__ import annotations

import ipaddress
import json
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from labhelpers.errors import EngineError, LabError
from labhelpers.process import as_root, run

# Ranges that home routers, VPNs and other engines seldom use, tried in this order.
_POOLS = ["10.213.0.0/16", "10.157.0.0/16", "172.29.0.0/16", "10.87.0.0/16", "192.168.0.0/16", "10.39.0.0/16"]
_SETTINGS = [
    "net/ipv4/ip_forward",
    "net/ipv6/conf/all/forwarding",
    "net/bridge/bridge-nf-call-iptables",
    "net/bridge/bridge-nf-call-ip6tables",
]
_FILTERS = ("iptables", "ip6tables")
Network = ipaddress.IPv4Network


@dataclass(frozen=True)
class Before:
    """What the network was before the engine started.

    `filters`: the output of iptables-save and ip6tables-save. `settings`: kernel settings below /proc/sys.
    `links`: names of the network interfaces. `boot`: the kernel's boot id; after a reboot all this is void.
    `absent`: folders that an engine makes and that were not there (see leftovers.FOLDERS).
    """

    boot: str
    bridge: str
    pool: str
    filters: dict[str, str] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)
    links: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)

    def dump(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self), indent=1)

    @classmethod
    def load(cls, text: str) -> Before:
        """From JSON."""
        return cls(**json.loads(text))


def boot_id() -> str:
    """The kernel's boot id: another one after each boot of this machine."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def free_pool(used: Iterable[str], pools: Iterable[str] = _POOLS) -> Network:
    """The first range that overlaps none of the networks in use.

    `used`: networks in CIDR notation; the halves of everything (0.0.0.0/1 and 128.0.0.0/1), as some VPNs
    route it, are a default route and take nothing. Raises EngineError when all are taken.
    """
    taken = [ipaddress.IPv4Network(net, strict=False) for net in used]
    for pool in map(Network, pools):
        if not any(pool.overlaps(net) for net in taken if net.prefixlen > 1):
            return pool
    raise EngineError(
        "choose addresses for the engine's network",
        "every private range that it knows is routed on this machine already",
        "Disconnect from the VPN while the engine starts, or start an engine of your own.",
    )


def _ip(*args: str, env: Mapping[str, str]) -> Any:
    text = run(["ip", "-json", *args], tried="look at this machine's network", env=env)
    return json.loads(text or "[]")


def used_networks(env: Mapping[str, str]) -> list[str]:
    """Networks that this machine routes or has an address in (IPv4, CIDR notation)."""
    routes = [r["dst"] for r in _ip("-4", "route", "show", "table", "all", env=env) if "dst" in r]
    addresses = [
        f"{a['local']}/{a['prefixlen']}" for link in _ip("-4", "address", env=env) for a in link["addr_info"]
    ]
    return [net for net in [*routes, *addresses] if net != "default"]


def links(env: Mapping[str, str]) -> list[str]:
    """Names of the network interfaces."""
    return sorted(link["ifname"] for link in _ip("link", env=env))


def _saved(tool: str, env: Mapping[str, str]) -> str:
    try:
        return run(as_root([f"{tool}-save"]), tried="read the packet filter", env=env)
    except LabError:
        return ""  # a kernel without IPv6 has no ip6tables


def record(env: Mapping[str, str]) -> Before:
    """Record what is there, and choose a bridge's name and a range that are free. Changes nothing."""
    there = links(env)
    settings = {}
    for name in _SETTINGS:
        path = Path("/proc/sys") / name
        if path.exists():
            settings[name] = path.read_text().strip()
    return Before(
        boot=boot_id(),
        bridge=next(name for name in (f"lab{i}" for i in range(100)) if name not in there),
        pool=str(free_pool(used_networks(env))),
        filters={tool: _saved(tool, env) for tool in _FILTERS},
        settings=settings,
        links=there,
    )


def bridge_address(pool: str) -> str:
    """The bridge's address in CIDR notation: the first of the pool's first /24."""
    first = next(Network(pool).subnets(new_prefix=24))
    return f"{first.network_address + 1}/24"


def networks_base(pool: str) -> str:
    """Where user-defined networks come from: the pool's second half."""
    return str(list(Network(pool).subnets(prefixlen_diff=1))[1])


def make_bridge(before: Before, env: Mapping[str, str]) -> None:
    """Make the engine's bridge, or complete it. Undone by `restore`."""
    commands = [
        ["address", "replace", bridge_address(before.pool), "dev", before.bridge],
        ["link", "set", before.bridge, "up"],
    ]
    if before.bridge not in links(env):
        commands.insert(0, ["link", "add", before.bridge, "type", "bridge"])
    for args in commands:
        run(as_root(["ip", *args]), tried=f"make the engine's network bridge {before.bridge}", env=env)


def _tables(saved: str) -> dict[str, list[str]]:
    """Lines of each table in the output of iptables-save."""
    tables: dict[str, list[str]] = {}
    for line in saved.splitlines():
        if line.startswith("*"):
            lines = tables.setdefault(line[1:], [])
        elif line.startswith((":", "-A")):
            lines.append(line)
    return tables


def undo_commands(tool: str, before: str, now: str, marks: Iterable[str]) -> list[list[str]]:
    """The commands that take an engine's chains and rules out of the packet filter again.

    `before`, `now`: output of iptables-save. `marks`: words that show that a rule is the engine's (its
    chains, its bridges), or, ending in a point, how such a word begins (its addresses). A rule that
    somebody else added meanwhile is left alone.
    """
    marks = list(marks)
    starts = tuple(mark for mark in marks if mark.endswith("."))
    commands: list[list[str]] = []
    old = _tables(before)
    for table, lines in _tables(now).items():
        known = old.get(table, [])
        chains = {line[1:].split()[0]: line.split()[1] for line in lines if line.startswith(":")}
        known_chains = {line[1:].split()[0]: line.split()[1] for line in known if line.startswith(":")}
        ours = [name for name in chains if name.startswith("DOCKER") and name not in known_chains]
        base = [tool, "-t", table]
        for line in lines:
            if not line.startswith("-A") or line in known:
                continue
            words = shlex.split(line)
            if words[1] in ours:
                continue
            if any(word in ours or word in marks or word.startswith(starts) for word in words[2:]):
                commands.append([*base, "-D", *words[1:]])
        commands += [[*base, "-F", name] for name in ours]
        commands += [[*base, "-X", name] for name in ours]
        for name, policy in chains.items():
            was = known_chains.get(name, "ACCEPT")
            if policy not in ("-", was):
                commands.append([*base, "-P", name, was])
    return commands


def restore(before: Before, env: Mapping[str, str]) -> None:
    """Take away the engine's bridges, rules and settings. Fine to call twice."""
    bridges = [
        name
        for name in links(env)
        if name not in before.links and (name == before.bridge or name.startswith("br-"))
    ]
    first = str(Network(before.pool).network_address).split(".")
    marks = [*bridges, before.bridge, ".".join(first[:2]) + "."]
    for tool in _FILTERS:
        saved = _saved(tool, env)
        for command in undo_commands(tool, before.filters.get(tool, ""), saved, marks):
            run(as_root(command), tried="take the engine's rules out of the packet filter", env=env)
        _drop_new_tables(tool, before.filters.get(tool, ""), env)
    for name in bridges:
        run(as_root(["ip", "link", "delete", name]), tried=f"remove the bridge {name}", env=env)
    for name, value in before.settings.items():
        path = Path("/proc/sys") / name
        if path.exists() and path.read_text().strip() != value:
            run(as_root(["sh", "-c", f"echo {value} > {path}"]), tried=f"set {name} back to {value}")


def _drop_new_tables(tool: str, before: str, env: Mapping[str, str]) -> None:
    """Empty tables that were not there before go too, where the packet filter can (its nft form)."""
    old = _tables(before)
    for table, lines in _tables(_saved(tool, env)).items():
        if table in old or any(line.startswith("-A") for line in lines):
            continue
        for line in lines:
            try:
                run(as_root([tool, "-t", table, "-X", line[1:].split()[0]]), tried="drop a chain", env=env)
            except LabError:
                return  # the older form keeps its built-in chains; they are empty
