"""What can go wrong, as one tree.

LabError                     anything the workshop reports to a person
├── UsageError               the call itself is wrong (exit status 2)
│   └── ImageError           what was given is not a readable image (exit status 2)
├── EngineError              the container engine
│   ├── EngineNotFound       no engine, and none can be started here
│   └── EngineUnreachable    an engine was named, but it does not answer
├── RegistryError            a registry refused, is missing or is full
├── StockError               a stock image could not be made
├── ComposeError             Compose refused a file, or a service did not come up; carries its log
├── KitError                 a class kit could not be saved, or is damaged
├── MachineError             a virtual machine did not start, or did not end as it should
├── PortTaken                another program listens on a port that is needed
├── NotebookError            a notebook cannot be built or run
├── WaitTimeout              something did not come up in time; carries its log
└── ProcessError             a command failed; carries its exit status and output

Every error says what was tried, what was found, and what to do next, in one message for people.
"""

from __future__ import annotations


class LabError(Exception):
    """An error for people.

    `tried`: what was attempted, as a clause ("reach the engine at unix:///x.sock").
    `found`: what came back ("nothing listens there").
    `fix`: what to do next, as a sentence ("Start the engine, then run ./lab up again.").
    `log`: the last lines of whatever failed, if there are any; shown below the message.
    `exit_status`: what a command that ends with this error returns to the shell.
    """

    exit_status = 1

    def __init__(self, tried: str, found: str, fix: str, *, log: str = "") -> None:
        self.tried = tried
        self.found = found
        self.fix = fix
        self.log = log
        super().__init__(self.message)

    @property
    def message(self) -> str:
        """The error as one line."""
        return f"Could not {self.tried}: {self.found.rstrip('.')}. {self.fix}".strip()

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows instead of the stack (IPython asks for it): the message, and the log."""
        return [f"{type(self).__name__}: {self.message}", *self.log.splitlines()]


class UsageError(LabError):
    """The call is wrong or its input cannot be used."""

    exit_status = 2


class ImageError(UsageError):
    """What was given is not an image that can be read, or it is damaged."""


class FormatError(ValueError):
    """Bytes that are not what they should be. The message says what was found, as a clause for people.

    Readers raise it without knowing whose bytes they read; whoever knows wraps it in an `ImageError`.
    `fix`: what to do next, where that is more than "get it again".
    It never reaches a person by itself, so it stands outside the tree.
    """

    def __init__(self, found: str, fix: str = "") -> None:
        self.fix = fix
        super().__init__(found)


class EngineError(LabError):
    """Something about the container engine."""


class EngineNotFound(EngineError):
    """No engine answers, and none of our own can be started here."""


class EngineUnreachable(EngineError):
    """An engine was named, but it does not answer."""


class RegistryError(LabError):
    """A registry refused, is missing, or is full."""


class StockError(LabError):
    """A stock image could not be made."""


class ComposeError(LabError):
    """Compose refused a file, or a service of a project did not come up."""


class KitError(LabError):
    """A class kit could not be saved, is damaged, or is no kit."""


class MachineError(LabError):
    """A virtual machine did not start, or did not end as it should; carries the end of its console."""


class PortTaken(LabError):
    """Another program listens on a port that the workshop needs."""


class NotebookError(LabError):
    """A notebook cannot be built, or one of its cells failed."""


class WaitTimeout(LabError):
    """Something did not become ready in time."""


class ProcessError(LabError):
    """A command ended with an error.

    `argv`: the command, secrets never among them. `status`: its exit status. `log`: the end of its output.
    """

    def __init__(
        self, tried: str, found: str, fix: str, *, argv: tuple[str, ...], status: int, log: str = ""
    ):
        self.argv = argv
        self.status = status
        super().__init__(tried, found, fix, log=log)
