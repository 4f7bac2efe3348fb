"""`./lab`: the command line. Each command lives in a module of its own and is loaded when it is called."""

from __future__ import annotations

import errno
import gc
import sys
from importlib import import_module

import click

from labhelpers import __version__
from labhelpers.errors import LabError

# Command -> the line `./lab --help` shows. The module is labhelpers.cli.NAME; it holds `command`.
COMMANDS: dict[str, str] = {
    "up": "Open the workshop.",
    "down": "Stop what the workshop started.",
    "doctor": "Say what works, what does not, and what to do.",
    "test": "Run every test.",
    "run": "Run notebooks without a browser, and write a report.",
    "slides": "Make the talk one page that needs no network.",
    "layers": "Look into an image: its layers, and what they waste.",
    "check": "Look whether an exercise is done.",
    "progress": "Show what you have done so far.",
    "bench": "Measure the speed of it all against the physical limit.",
    "kit": "Save the workshop into one file for a room without a network.",
    "clean": "Remove what the workshop made.",
}


class _Lazy(click.Group):
    """A group that imports a command only when it is used, so that every start is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"labhelpers.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.version_option(__version__, message="labhelpers %(version)s")
@click.pass_context
def lab(ctx: click.Context, debug: bool) -> None:
    """Learn containers on a real engine.

    Start with `./lab up`. Exit status: 0 fine, 1 the thing asked for failed, 2 wrong use or bad input.
    """
    ctx.obj = {"debug": debug}


def main(argv: list[str] | None = None) -> None:
    """Run one command and end the process with its exit status."""
    argv = sys.argv[1:] if argv is None else argv
    try:
        status = lab.main(args=argv, prog_name="./lab", standalone_mode=False)
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except click.ClickException as wrong:
        wrong.show()
        sys.exit(2)
    except LabError as error:
        if "--debug" in argv:
            raise
        if error.log:
            click.echo(error.log.rstrip(), err=True)
        click.echo(f"lab: {error.message}", err=True)
        sys.exit(error.exit_status)
    except OSError as error:
        if "--debug" in argv:
            raise
        click.echo(f"lab: {_for_people(error).message}", err=True)
        sys.exit(1)
    except (click.Abort, KeyboardInterrupt):
        click.echo("lab: stopped. Run the same command again to go on.", err=True)
        sys.exit(130)
    gc.freeze()  # what lives now goes with the process: Python need not look through it for cycles at its end
    sys.exit(status if isinstance(status, int) else 0)


def _for_people(error: OSError) -> LabError:
    """What the machine refused: a full disk, a folder that may not be written, a file in a folder's place."""
    named = getattr(error, "filename", None)
    fix = {
        errno.ENOSPC: "Free some disk space, then repeat.",
        errno.EDQUOT: "Free some disk space, then repeat.",
        errno.EACCES: "Make it yours, or set LABHELPERS_HOME to a folder that is.",
        errno.EPERM: "Make it yours, or set LABHELPERS_HOME to a folder that is.",
        errno.EROFS: "Set LABHELPERS_HOME to a folder that can be written.",
        errno.ENOTDIR: "Set LABHELPERS_HOME to a folder.",
    }.get(error.errno or 0, "Repeat with ./lab --debug … to see where.")
    return LabError(f"use {named}" if named else "go on", error.strerror or str(error), fix)
