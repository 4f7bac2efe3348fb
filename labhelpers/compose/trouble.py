"""From what Compose says to an error for people: its own words first, then what to look at."""

from __future__ import annotations

import re
from collections.abc import Sequence

from labhelpers.compose.model import State
from labhelpers.errors import ComposeError, ProcessError

_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
# In the order in which they are tried. `{0}`, `{1}`: what the brackets found; `{file}`: the Compose file.
_ADVICE = (
    (
        r"(?:Bind for|listen tcp4?) [\d.]*:(\d+)\b.*(?:already allocated|already in use)",
        "Something has port {0} already: `docker ps` shows containers, `ss -ltnp 'sport = :{0}'` programs. "
        "End it, or take another number on the left under `ports`.",
    ),
    (
        r"(?i)\b([\w.]+)\W+additional propert(?:y|ies) '?([\w-]+)'? (?:is )?not allowed",
        "`{0}` has no key `{1}`. Look at its spelling, and at how far it is indented in {file}.",
    ),
    (
        r"yaml: (?:.*?line (\d+))?",
        "Look at line {0} of {file} and the one before: spaces only, no tabs, and one indentation for all "
        "keys of one thing.",
    ),
    (
        r"refers to undefined (volume|network|secret|config) ([\w-]+)",
        "Declare `{1}` in {file}, in a part `{0}s:` that is not indented.",
    ),
    (
        r"depends on undefined service \W*([\w-]+)",
        "No service in {file} is called `{0}`. Look at its spelling.",
    ),
    (
        # The last is what an engine with the containerd store says.
        r"manifest unknown|pull access denied|repository does not exist|manifest for \S+ not found|"
        r"failed to resolve reference \S+: \S+: not found",
        "No registry has that image: look at its name and tag in {file}. One that is to be made here "
        "needs `build:`.",
    ),
    (
        r"no such file or directory|no configuration file provided",
        "Look at the path: it must lead to a compose.yaml, or to the folder that holds one.",
    ),
    (r"failed to solve|failed to build", "The image could not be built: the lines below say at which step."),
    (r"Cannot connect to the Docker daemon", "Start the engine with: ./lab up"),
)


def explain(
    error: ProcessError, tried: str, file: str, *, down: Sequence[State] = (), log: str = ""
) -> ComposeError:
    """The error that people see. `down`: containers that did not come up; `log`: what they said."""
    text = _ANSI.sub("", f"{error.log}\n{error.found}")
    said = in_short(error.found)
    for pattern, advice in _ADVICE:
        if found := re.search(pattern, text):
            fix = advice.format(*(group or "?" for group in found.groups()), file=file)
            return ComposeError(tried, said, fix, log=log or _ANSI.sub("", error.log))
    log = log or _ANSI.sub("", error.log)
    if down:
        return ComposeError(tried, said if "Container" not in said else _names(down), _look(down), log=log)
    return ComposeError(tried, said, f"Look at it with: docker compose -f {file} ps --all", log=log)


def in_short(said: str) -> str:
    """What Compose says, without colours, and without the path of the file, which stands elsewhere."""
    said = _ANSI.sub("", said).strip()
    return re.sub(r"^(Error response from daemon|validating .*?\.ya?ml): ", "", said)


def _names(down: Sequence[State]) -> str:
    return "; ".join(f"{state.service} is not up ({state.words})" for state in down)


def _look(down: Sequence[State]) -> str:
    """What to look at, chosen from the first state that explains the others."""
    for state in down:
        if state.state == "running" and state.health:
            return f"{state.service} runs, but its health check does not pass: what it said is below."
        if state.state in ("exited", "restarting", "dead"):
            return f"{state.service} ended by itself ({state.words}): its last words are below."
    return f"{_names(down)}: what they said is below."
