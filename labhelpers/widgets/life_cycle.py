"""Where a container is in its life: the picture of the life cycle, with its state marked."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from html import escape
from pathlib import Path

from labhelpers.errors import ProcessError
from labhelpers.process import Runner, run
from labhelpers.widgets.look import panel

PICTURE = Path(__file__).with_name("life_cycle.svg")

_FORM = "{{.State.Status}} {{.State.ExitCode}}"
# What can be done from each state of the engine's (`docker inspect`, .State.Status).
_NEXT: Mapping[str, str] = {
    "created": "docker start makes it run; docker rm removes it",
    "running": "docker stop or docker kill ends it; docker pause freezes it",
    "paused": "docker unpause lets it go on",
    "exited": "docker start runs it again, with its files; docker rm removes it",
    "removed": "docker run makes a new one",
}


class LifeCycle:
    """One container's place in the life cycle, as a picture in a notebook and as a sentence elsewhere."""

    def __init__(self, name: str, *, state: str, exit_code: int | None = None) -> None:
        self.name = name
        self.state = state
        self.exit_code = exit_code

    def __repr__(self) -> str:
        what = "there is no such container" if self.state == "removed" else self.state
        code = f" with exit code {self.exit_code}" if self.exit_code is not None else ""
        after = f". From here: {_NEXT[self.state]}" if self.state in _NEXT else ""
        return f"{self.name}: {what}{code}{after}."

    def _repr_html_(self) -> str:
        mark = f"#state-{self.state} rect {{ stroke: #1f2328; stroke-width: 6 }}"
        marked = PICTURE.read_text(encoding="utf-8").replace("</style>", f"{mark}</style>")
        # As an image, not as elements of the page: its style must not reach what stands around it.
        data = base64.b64encode(marked.encode()).decode()
        alt = escape(f"The life cycle of a container, with the state of {self.name} marked: {self.state}.")
        image = f'<img src="data:image/svg+xml;base64,{data}" alt="{alt}" style="max-width: 100%">'
        asked = f"docker container inspect --format '{_FORM}' {self.name}"
        return panel(repr(self), f"{image}<div>Asked with <code>{escape(asked)}</code></div>")


def life_cycle(name: str, *, run: Runner = run) -> LifeCycle:
    """Look at a container. Stands for `docker container inspect --format '{{.State.Status}} …' NAME`."""
    try:
        answer = run(["docker", "container", "inspect", "--format", _FORM, name], tried=f"look at {name}")
    except ProcessError as error:
        if "no such container" in f"{error.log} {error.found}".lower():
            return LifeCycle(name, state="removed")
        raise
    state, code = answer.split()
    return LifeCycle(name, state=state, exit_code=int(code) if state == "exited" else None)
