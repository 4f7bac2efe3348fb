from __future__ import annotations

import ipaddress
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labhelpers.engine.network import Before, bridge_address, free_pool, networks_base, undo_commands
from labhelpers.errors import EngineError

POOLS = ["10.213.0.0/16", "172.29.0.0/16"]
NETS = st.builds(
    lambda address, length: f"{ipaddress.IPv4Address(address)}/{length}",
    st.integers(0, 2**32 - 1),
    st.integers(0, 32),
)


def test_the_first_pool_that_nobody_uses_is_taken() -> None:
    assert str(free_pool([], POOLS)) == POOLS[0]
    assert str(free_pool(["10.213.7.0/24"], POOLS)) == POOLS[1]
    assert str(free_pool(["10.0.0.0/8"], POOLS)) == POOLS[1]
    assert str(free_pool(["10.213.0.255", "127.0.0.1/8"], POOLS)) == POOLS[1]


def test_default_routes_take_nothing() -> None:
    assert str(free_pool(["0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1"], POOLS)) == POOLS[0]


def test_without_a_free_range_it_says_what_to_do() -> None:
    with pytest.raises(EngineError, match="Disconnect from the VPN"):
        free_pool(["10.0.0.0/8", "172.16.0.0/12"], POOLS)


@given(st.lists(NETS, max_size=6))
def test_a_chosen_pool_overlaps_no_network_in_use(used: list[str]) -> None:
    try:
        pool = free_pool(used)
    except EngineError:
        return
    for text in used:
        net = ipaddress.ip_network(text, strict=False)
        assert net.prefixlen <= 1 or not pool.overlaps(net)


@given(st.integers(0, 255), st.integers(8, 22))
def test_bridge_and_networks_share_a_pool_without_meeting(second: int, length: int) -> None:
    pool = ipaddress.ip_network(f"10.{second}.0.0/{length}", strict=False)
    bridge = ipaddress.ip_interface(bridge_address(str(pool)))
    networks = ipaddress.ip_network(networks_base(str(pool)))
    assert bridge.network.subnet_of(pool)
    assert networks.subnet_of(pool)
    assert not networks.overlaps(bridge.network)
    assert bridge.ip != bridge.network.network_address


def test_what_was_there_survives_writing_and_reading() -> None:
    before = Before("b", "lab0", POOLS[0], {"iptables": "x"}, {"net/ipv4/ip_forward": "0"}, ["lo"])
    assert Before.load(before.dump()) == before
    with pytest.raises(TypeError):
        Before.load(json.dumps({"boot": "b", "strange": 1}))


# -- taking rules away

NOTHING = "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n"
ENGINE = """*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:DOCKER - [0:0]
:DOCKER-USER - [0:0]
-A FORWARD -j DOCKER-USER
-A FORWARD -o lab0 -j DOCKER
-A FORWARD -i lab0 ! -o lab0 -j ACCEPT
-A DOCKER -d 10.213.0.2/32 ! -i lab0 -o lab0 -p tcp -m tcp --dport 5000 -j ACCEPT
-A DOCKER-USER -j RETURN
COMMIT
*nat
:POSTROUTING ACCEPT [0:0]
-A POSTROUTING -s 10.213.0.0/24 ! -o lab0 -j MASQUERADE
COMMIT
"""
MARKS = ["lab0", "br-0123456789ab", "10.213."]


def test_the_engines_rules_chains_and_policy_are_taken_back() -> None:
    commands = undo_commands("iptables", NOTHING, ENGINE, MARKS)
    base = ["iptables", "-t", "filter"]
    assert [*base, "-D", "FORWARD", "-o", "lab0", "-j", "DOCKER"] in commands
    assert [*base, "-P", "FORWARD", "ACCEPT"] in commands
    deletes = [i for i, command in enumerate(commands) if "-D" in command]
    flushes = [i for i, command in enumerate(commands) if "-F" in command]
    removals = [i for i, command in enumerate(commands) if "-X" in command and command[2] == "filter"]
    assert max(i for i in deletes if commands[i][2] == "filter") < min(flushes)
    assert max(flushes) < min(removals), "a chain goes when nothing leads to it and nothing is in it"
    assert {commands[i][-1] for i in removals} == {"DOCKER", "DOCKER-USER"}
    nat = ["-s", "10.213.0.0/24", "!", "-o", "lab0", "-j", "MASQUERADE"]
    assert ["iptables", "-t", "nat", "-D", "POSTROUTING", *nat] in commands


def test_where_nothing_changed_nothing_is_done() -> None:
    assert undo_commands("iptables", ENGINE, ENGINE, MARKS) == []
    assert undo_commands("iptables", "", "", MARKS) == []


def test_chains_of_an_engine_that_was_there_before_stay() -> None:
    commands = undo_commands("iptables", ENGINE, ENGINE, MARKS)
    assert not any("DOCKER" in command for command in commands)


@pytest.mark.parametrize(
    "rule",
    [
        "-A FORWARD -s 110.213.0.0/16 -j DROP",
        "-A FORWARD -i slab0 -j ACCEPT",
        "-A FORWARD -i lab01 -j ACCEPT",
        "-A FORWARD -j MYDOCKER",
        '-A INPUT -m comment --comment "like 10.213.0.1" -j DROP',
        "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT",
    ],
)
def test_a_rule_of_somebody_elses_stays(rule: str) -> None:
    now = ENGINE.replace("-A DOCKER-USER", f"{rule}\n-A DOCKER-USER")
    words = rule.split()[1:]
    for command in undo_commands("iptables", NOTHING, now, MARKS):
        assert command[4:7] != words[:3]


WORD = st.from_regex(r"[a-z0-9.:/]{1,12}", fullmatch=True)


@given(st.lists(st.tuples(st.sampled_from(["INPUT", "FORWARD"]), WORD, WORD), max_size=5))
def test_no_rule_without_a_mark_is_ever_touched(rules: list[tuple[str, str, str]]) -> None:
    foreign = [f"-A {chain} -i {one} -s {two} -j DROP" for chain, one, two in rules]
    marked = {r for r in foreign if any(w in MARKS or w.startswith("10.213.") for w in r.split())}
    now = ENGINE.replace("-A DOCKER-USER", "\n".join([*foreign, "-A DOCKER-USER"]), 1)
    deleted = {" ".join(c[4:]) for c in undo_commands("iptables", NOTHING, now, MARKS) if "-D" in c}
    for rule in set(foreign) - marked:
        assert rule.removeprefix("-A ") not in deleted
