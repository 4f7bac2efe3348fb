"""Running a notebook without a browser, and saying what went wrong in words of the notebook."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from labhelpers.errors import NotebookError
from labhelpers.notebooks.convert import KERNELSPEC, tags
from labhelpers.owners import temporary

CELL_TIMEOUT = 180  # seconds
_LAST_LINES = 8
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")

# Called before each code cell: (which of the code cells, of how many, the cell).
Report = Callable[[int, int, NotebookNode], None]


class _Failed(Exception):
    """A `!command` of a cell ended as it should not have."""


class _Client(NotebookClient):
    """Runs the cells one by one, tells about each, and looks at the exit status of `!command` cells."""

    def __init__(self, notebook: NotebookNode, *, told: Report, **options: Any) -> None:
        super().__init__(notebook, **options)
        self.told = told
        self.code = [cell.id for cell in notebook.cells if cell.cell_type == "code"]
        self.current: NotebookNode | None = None

    async def async_execute_cell(
        self, cell: NotebookNode, cell_index: int, *args: Any, **kwargs: Any
    ) -> NotebookNode:
        """Run one cell."""
        if cell.cell_type != "code":
            return cell
        self.current = cell
        self.told(self.code.index(cell.id) + 1, len(self.code), cell)
        done = await super().async_execute_cell(cell, cell_index, *args, **kwargs)
        if re.search(r"^\s*!", cell.source, re.MULTILINE):
            status = await self._exit_status()
            if status and "fails" not in tags(cell):
                raise _Failed(f"its command ended with exit status {status}")
            if not status and "fails" in tags(cell):
                raise _Failed("it is tagged `fails`, but its command succeeded")
        return done

    async def _exit_status(self) -> int:
        # IPython leaves the status of the last `!command` in _exit_code, and raises nothing.
        assert self.kc is not None
        asked = self.kc.execute(
            "",
            silent=True,
            store_history=False,
            user_expressions={"status": "globals().get('_exit_code', 0)"},
        )
        reply = await self.async_wait_for_reply(asked)
        answer = reply["content"]["user_expressions"]["status"] if reply else {}
        return int(answer.get("data", {}).get("text/plain", "0"))


def execute(notebook: NotebookNode, *, name: str, folder: Path, told: Report) -> None:
    """Run every cell in `folder`, with the outputs left in the notebook.

    Raises NotebookError for the first cell that fails, hangs, or ends its kernel.
    """
    client = _Client(
        notebook,
        told=told,
        timeout=CELL_TIMEOUT,
        kernel_name=KERNELSPEC["name"],
        extra_arguments=["--log-level=40"],  # errors only: its warnings are not about the notebook
        resources={"metadata": {"path": str(folder)}},
        record_timing=False,
        store_widget_state=False,
        coalesce_streams=True,
    )
    try:
        with temporary() as aside:
            # What runs here is not the learner's own doing, and must not enter their progress.
            client.execute(env={**os.environ, "LABHELPERS_PROGRESS": str(aside / "progress.json")})
    except _Failed as wrong:
        raise _error(name, client.current, str(wrong)) from wrong
    except CellExecutionError as wrong:
        raise _error(name, client.current, f"{wrong.ename}: {wrong.evalue}") from wrong
    except CellTimeoutError as late:
        raise _error(name, client.current, f"it had not ended after {CELL_TIMEOUT} s") from late
    except DeadKernelError as dead:
        raise _error(name, client.current, "the kernel died") from dead


def _error(name: str, cell: NotebookNode | None, why: str) -> NotebookError:
    if cell is None:
        return NotebookError(f"start notebook {name}", why, "Look whether the kernel is installed.")
    command = "\n".join(f"    {line}" for line in cell.source.splitlines())
    lines = [line.rstrip() for line in _ANSI.sub("", _output(cell)).splitlines() if line.strip()]
    shown = "\n".join(f"    {line}" for line in lines[-_LAST_LINES:]) or "    (none)"
    return NotebookError(
        f"run cell {cell.id} of notebook {name}",
        why,
        f"Mend it in notebooks/src/{name}.py, or look at the engine with ./lab doctor.",
        log=f"the cell:\n{command}\nthe end of its output:\n{shown}",
    )


def _output(cell: NotebookNode) -> str:
    return "\n".join(
        out.get("text") or "\n".join(out.get("traceback", [])) for out in cell.get("outputs", [])
    )
