"""What travelled, as the registry itself tells it: its access log, one line a request.

The log is the registry container's standard output. Its standard error tells of the same requests in other
words, and comes as a stream of its own, in an order that is chance: only one of the two can be read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

# ADDRESS - USER [TIME] "METHOD PATH PROTOCOL" STATUS BYTES "REFERER" "AGENT": Apache's combined log format.
_LINE = re.compile(r'\S+ \S+ \S+ \[[^\]]*\] "([A-Z]+) (\S+) [^"]*" (\d{3}) (\d+) "[^"]*" "([^"]*)"')
_BLOB = re.compile(r"/v2/(.+)/blobs/(sha256:[0-9a-f]{64})")
_UPLOAD = re.compile(r"/v2/(.+)/blobs/uploads/([^/]*)")
_MANIFEST = re.compile(r"/v2/(.+)/manifests/([^/]+)")


class Request(NamedTuple):
    """One request that the registry answered. `size`: bytes of the answer."""

    method: str
    path: str
    query: dict[str, list[str]]
    status: int
    size: int
    agent: str


def requests(log: str) -> list[Request]:
    """The requests in an access log, in its order; other lines are left out."""
    found = []
    for line in log.splitlines():
        if match := _LINE.match(line):
            method, target, status, size, agent = match.groups()
            parts = urlsplit(target)
            query = parse_qs(parts.query)
            found.append(Request(method, unquote(parts.path), query, int(status), int(size), agent))
    return found


@dataclass
class Traffic:
    """What engines sent to one repository and fetched from it.

    Each set holds digests of blobs: `sent` whole, `linked` from another repository of the same registry
    without being sent, `found` there when asked for, `fetched`. `put`: manifests that were stored, by tag or
    digest, in order; `asked`: those that were asked for; `fetched_bytes`: of blobs.
    """

    sent: set[str] = field(default_factory=set)
    linked: set[str] = field(default_factory=set)
    found: set[str] = field(default_factory=set)
    fetched: set[str] = field(default_factory=set)
    put: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    fetched_bytes: int = 0


def traffic(log: Iterable[Request], repository: str) -> Traffic:
    """What happened in a repository. What the workshop's own helpers looked at is left out."""
    seen = Traffic()
    for one in log:
        if one.agent.startswith("labhelpers") or not 200 <= one.status < 300:
            continue
        if match := _UPLOAD.fullmatch(one.path):
            _upload(seen, one) if match[1] == repository else None
        elif match := _BLOB.fullmatch(one.path):
            if match[1] != repository:
                continue
            if one.method == "HEAD" and match[2] not in seen.sent | seen.linked:
                seen.found.add(match[2])
            elif one.method == "GET":
                seen.fetched.add(match[2])
                seen.fetched_bytes += one.size
        elif (match := _MANIFEST.fullmatch(one.path)) and match[1] == repository:
            (seen.put if one.method == "PUT" else seen.asked).append(match[2])
    return seen


def _upload(seen: Traffic, one: Request) -> None:
    """An upload ends with a PUT that names the digest; a POST that names a `mount` may need none."""
    if one.method == "PUT":
        seen.sent.update(one.query.get("digest", []))
    elif one.method == "POST" and one.status == 201:
        seen.linked.update(one.query.get("mount", []))
