"""`python -m monitor` and the `monitor` command."""

from __future__ import annotations

from monitor.cli import cli


def main() -> None:
    cli()


if __name__ == "__main__":
    main()
