"""`python -m monitor` and the `monitor` command."""


def main() -> None:
    """The command. What it needs is loaded here, as a reading process loads this module too, and needs none of it."""
    from monitor.cli import main as run

    run()


if __name__ == "__main__":
    main()
