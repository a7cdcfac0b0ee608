"""The commands. Data goes to stdout, talk to stderr; every error ends here, as a sentence and an exit code.

Exit codes: 0 done; 1 a source or a delivery failed; 2 usage or configuration. Heavy libraries are imported by the
commands that use them, so that --help answers at once.
"""

from __future__ import annotations

import atexit
import gc
import logging
import os
import sys
from difflib import get_close_matches
from importlib import import_module

import click

from monitor import __version__
from monitor.errors import DeliveryError, FetchError, MonitorError, ReadError

COMMANDS = {
    "demo": "demo",
    "init": "setup",
    "check": "setup",
    "add": "add",
    "sources": "sources",
    "edit": "sources",
    "remove": "sources",
    "pause": "sources",
    "resume": "sources",
    "import": "importing",
    "schema": "setup",
    "inspect": "look",
    "poll": "work",
    "digest": "work",
    "run": "work",
    "changes": "tell",
    "positions": "tell",
    "search": "find",
    "show": "find",
    "diff": "past",
    "replay": "past",
    "export": "export",
    "status": "health",
    "doctor": "doctor",
    "backup": "keep",
    "prune": "keep",
}


class _Commands(click.Group):
    """The commands of `COMMANDS`, each imported from its module when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            if near := get_close_matches(name, COMMANDS, n=1):
                ctx.fail(f"No such command '{name}'. Did you mean '{near[0]}'?")
            return None
        module = import_module(f"monitor.cli.{COMMANDS[name]}")
        command = getattr(module, f"{name}_command")
        assert isinstance(command, click.Command)
        return command


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="monitor")
@click.option("--config", default="sources.toml", metavar="PATH", help="The configuration; sources.toml by default.")
@click.option("-v", "--verbose", is_flag=True, help="Tell more on stderr, with tracebacks.")
@click.pass_context
def cli(context: click.Context, config: str, verbose: bool) -> None:
    """Watch university pages and feeds for academic positions; mail what is new, changed and closed.

    \b
    First steps:  monitor demo              see it work on a bundled site
                  monitor init              write a starter sources.toml here
                  monitor add URL           watch a page or a feed
                  monitor poll              look at all that is due
                  monitor digest            show the mail that would be sent
                  monitor run               do both, for ever
    """
    context.obj = config
    logging.basicConfig(level=logging.INFO if verbose else logging.CRITICAL + 1, format="%(message)s")


def main() -> None:
    """The `monitor` command."""
    _start_lean()
    try:
        code = cli.main(standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Abort:
        code = 130
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except MonitorError as error:
        click.echo(f"monitor: {error}", err=True)
        if error.tip:
            click.echo(f"  tip: {error.tip}", err=True)
        code = 1 if isinstance(error, (FetchError, ReadError, DeliveryError)) else 2
    except (KeyboardInterrupt, EOFError):
        code = 130
    except BrokenPipeError:  # the reader of our output has gone, as with `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except Exception as error:
        logging.getLogger("monitor").info("what failed", exc_info=True)
        click.echo(f"monitor: the program itself failed ({type(error).__name__}: {error})", err=True)
        click.echo("  tip: `monitor --verbose` shows where; please report it", err=True)
        code = 1
    sys.exit(code)


def _start_lean() -> None:
    """Without what is loaded and looked for at every start and end, and nothing here needs: a quarter of its CPU."""
    gc.set_threshold(200_000)  # modules make many thousand objects, and hardly a circle to be found among them
    atexit.register(gc.freeze)  # nor is any looked for when the process goes, and all its objects with it
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # its own command line, with rich and pygments
