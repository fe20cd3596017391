"""The command line's outermost door: ``workbench`` and ``python -m workbench``."""

import gc
import sys

INTERRUPTED = 130


def main() -> None:
    """Run the command line; Ctrl-C while it is still being loaded is answered like any other."""
    try:
        from workbench.processes import RARELY

        gc.set_threshold(RARELY)
        from workbench.cli import main as run

        run()
    except KeyboardInterrupt:
        sys.stderr.write("interrupted nothing was written\n")
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
