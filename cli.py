"""The command line: `causewire COMMAND`, also `python -m cli COMMAND`.

Each command lives in `commands/` and is loaded when it is asked for; what is heavy is imported
inside it, so that `--help` is instant. Errors are one line on stderr and exit code 2.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from commands.app import App

COMMANDS = (
    "init",
    "feeds",
    "ingest",
    "tag",
    "score",
    "prices",
    "link",
    "summary",
    "train",
    "evaluate",
    "serve",
    "demo",
)  # fmt: skip (in the order of --help: from settings to pages)
INTERRUPTED = 130  # 128 + SIGINT, as shells count


class LazyGroup(click.Group):
    """A group whose commands are modules of `commands/`, imported when asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        """Return the commands' names in the order of a day's work."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import the module of a command and return its `command`."""
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"commands.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command


def _print_version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:  # noqa: FBT001 (click's)
    if value and not ctx.resilient_parsing:
        from importlib.metadata import PackageNotFoundError, version

        try:
            click.echo(f"causewire {version('causewire')}")
        except PackageNotFoundError:
            click.echo("causewire (not installed; running from its folder)")
        ctx.exit()


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 96})
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    help="Settings file (./causewire.toml).",
)
@click.option("--ledger", type=click.Path(path_type=Path), help="Database of headlines (the settings').")
@click.option("--debug", is_flag=True, expose_value=False, help="Show a traceback with an error.")
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the version.",
)
@click.pass_context
def causewire(ctx: click.Context, config: Path | None, ledger: Path | None) -> None:
    """Tag market headlines with their causes and sum them up per trading session."""
    ctx.obj = App(config=config, ledger_path=ledger)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    sys.exit(run(arguments))


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code: 0, what the command says, 2 for an error, 130 for Ctrl-C."""
    try:
        result = causewire.main(args=list(arguments), prog_name="causewire", standalone_mode=False)
    except click.exceptions.Exit as leave:
        return leave.exit_code
    except click.exceptions.NoArgsIsHelpError as error:  # `causewire` alone asks what there is
        click.echo(error.ctx.get_help() if error.ctx else error.format_message())
        return 0
    except click.Abort:
        click.echo("interrupted", err=True)
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 (what is not expected is raised again)
        return _report(error, debug=_wants_debug(arguments))
    return result if isinstance(result, int) else 0


def _wants_debug(arguments: Sequence[str]) -> bool:
    """Say whether `--debug` is among the options before the command, where the rest may be wrong."""
    parser = causewire.make_parser(click.Context(causewire, resilient_parsing=True))
    options, _, _ = parser.parse_args(list(arguments))
    return "debug" in options


def _report(error: Exception, *, debug: bool) -> int:
    """Print an expected error as one line; let an unexpected one through, for it is a defect."""
    from errors import CausewireError

    if not isinstance(error, CausewireError | click.ClickException):
        raise error
    if debug:
        import traceback

        traceback.print_exception(error)
    click.echo(f"causewire: {_one_line(error)}", err=True)
    for line in error.details if isinstance(error, CausewireError) else ():
        click.echo(f"  {' '.join(line.split())}", err=True)
    return 2


def _one_line(error: Exception) -> str:
    if isinstance(error, click.UsageError):
        where = error.ctx.command_path if error.ctx else "causewire"
        return " ".join(f"{error.format_message()} (see `{where} --help`)".split())
    text = error.format_message() if isinstance(error, click.ClickException) else str(error)
    return " ".join(text.split())


if __name__ == "__main__":
    main()
