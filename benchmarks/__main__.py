"""Let ``python -m benchmarks`` run every benchmark."""

from benchmarks.network import main

main()
