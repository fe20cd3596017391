"""The command line's outermost door: ``workbench`` and ``python -m workbench``."""

import gc
import sys

INTERRUPTED = 130

_RARELY = 100_000  # objects made between two looks for rubbish in rings, of which a run makes next to none


def main() -> None:
    """Run the command line; Ctrl-C while it is still being loaded is answered like any other."""
    gc.set_threshold(_RARELY)
    try:
        from workbench.cli import main as run

        run()
    except KeyboardInterrupt:
        sys.stderr.write("interrupted nothing was written\n")
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
