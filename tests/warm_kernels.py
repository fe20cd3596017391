"""Kernels of notebooks that begin with everything loaded: each is forked off one process that has loaded it once.

A kernel takes some seconds of a core until its first cell has imported what it asks for. What Jupyter starts instead, this
file run with a socket and a connection file, asks that one process for a kernel and ends with it.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

NAME = "warm"
_STREAMS = (0, 1, 2)


def begun(folder: Path) -> Callable[[], None]:
    """Begin the process that kernels are forked off, where Jupyter finds them by this name; what ends it."""
    place = folder / "kernels.socket"
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(place))
    listening.listen()
    spec = folder / "kernels" / NAME / "kernel.json"
    spec.parent.mkdir(parents=True)
    argv = [sys.executable, "-IS", __file__, str(place), "{connection_file}"]
    spec.write_text(json.dumps({"argv": argv, "display_name": NAME, "language": "python"}), encoding="utf-8")
    os.environ["JUPYTER_PATH"] = str(folder)
    with listening:
        number = listening.fileno()
        process = subprocess.Popen([sys.executable, __file__, str(number)], pass_fds=[number])

    def end() -> None:
        process.kill()
        process.wait()

    return end


def _serve(listening: socket.socket) -> None:
    """Load what notebooks import, once; then fork a kernel for each that asks. Fonts are not opened: files are shared."""
    import gc
    import pkgutil
    from importlib import import_module

    parent = os.getppid()
    os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"  # as a kernel has it
    import pandas as pd
    from ipykernel.kernelapp import IPKernelApp

    import workbench
    from workbench.network.graph import load_kernels
    from workbench.processes import RARELY

    import_module("matplotlib_inline.backend_inline")
    for module in pkgutil.walk_packages(workbench.__path__, "workbench."):
        if not module.name.startswith(("workbench.__main__", "workbench.app", "workbench.cluster")):
            import_module(module.name)
    load_kernels()
    pd.set_option("display.max_columns", 20)  # as in a kernel: pandas took this process for a terminal
    gc.collect()
    gc.freeze()
    gc.set_threshold(RARELY)
    listening.settimeout(1.0)
    while os.getppid() == parent:
        try:
            asked, _ = listening.accept()
        except TimeoutError:
            continue
        asked.setblocking(True)
        if os.fork() == 0:
            listening.close()
            IPKernelApp.launch_instance(_taken_over(asked))
            os._exit(0)
        asked.close()
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG) != (0, 0):  # those that have ended
                pass


def _taken_over(asked: socket.socket) -> list[str]:
    """Take the streams, folder, cores and environment of who asks, and end with it; the arguments of the kernel."""
    from threading import Thread

    _, streams, *_ = socket.recv_fds(asked, 1, len(_STREAMS))
    for stream, number in zip(streams, _STREAMS, strict=True):
        os.dup2(stream, number)
        os.close(stream)
    with asked.makefile(encoding="utf-8") as words:
        said = json.loads(words.readline())
    os.chdir(said["folder"])
    if said["cores"]:
        os.sched_setaffinity(0, said["cores"])
    os.environ.clear()
    os.environ.update(said["environment"])
    asked.sendall(b"%d" % os.getpid())
    Thread(target=lambda: (asked.recv(1), os._exit(1)), daemon=True).start()
    return ["-f", said["file"], f"--IPKernelApp.parent_handle={os.getppid()}"]


def _ask(place: str, file: str) -> None:
    """Ask for a kernel, hand Ctrl-C on to it, and end when it does."""
    with socket.socket(socket.AF_UNIX) as asked:
        asked.connect(place)
        socket.send_fds(asked, [b"!"], _STREAMS)
        cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
        said = {"file": file, "folder": str(Path.cwd()), "environment": dict(os.environ), "cores": cores}
        asked.sendall(json.dumps(said).encode() + b"\n")
        kernel = int(asked.recv(32))
        signal.signal(signal.SIGINT, lambda *_: os.kill(kernel, signal.SIGINT))
        with suppress(ConnectionError):
            asked.recv(1)


if __name__ == "__main__":
    if len(sys.argv) == 2:
        _serve(socket.socket(fileno=int(sys.argv[1])))
    else:
        _ask(*sys.argv[1:])
