"""The what-if page served to browsers: on this machine alone, and with nothing from any other."""

from __future__ import annotations

import errno
import ipaddress
import socket
from collections.abc import Callable
from contextlib import closing, suppress
from typing import Any, Final

from workbench.app.session import Ground, Session
from workbench.catalogue.terms import printable
from workbench.errors import OutputError, Problem

LOOPBACK: Final = "127.0.0.1"


def serve(ground: Ground, *, port: int, address: str, ready: Callable[[str], None]) -> None:
    """Serve the what-if page until it is interrupted.

    Parameters
    ----------
    ground
        Shared by the sessions of all browsers.
    port
        Where to listen; 0 takes any that is free.
    address
        Who may come: this machine alone, or others too.
    ready
        Told the address of the page as soon as browsers may come.

    Raises
    ------
    OutputError
        If the port is in use, or there is no such address.
    """
    server, url = page_server(ground, port=port, address=address)
    ready(url)
    server.run_until_shutdown()


def page_server(ground: Ground, *, port: int, address: str) -> tuple[Any, str]:
    """Return a server of the what-if page that listens already, and the address of the page.

    Parameters
    ----------
    ground
        Shared by the sessions of all browsers; each browser has a session of its own.
    port, address
        As of :func:`serve`.
    """
    port = _free(port, address)
    Session(ground).headlines()  # what all sessions need is there before the first of them
    import panel as pn

    from workbench.app.page import Page

    pages = {"/": lambda: Page(Session(ground)).view()}
    title = printable(f"{ground.district.manifest.name} · 试一试")
    server = pn.serve(
        pages, port=port, address=address, show=False, start=False, verbose=False, title={"/": title},
        websocket_origin=_origins(address, port), location=False,
    )  # fmt: skip
    return server, f"http://{_host(address)}:{port}/"


def is_loopback(address: str) -> bool:
    """Tell whether an address is reached from this machine alone."""
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _host(address: str) -> str:
    return {"0.0.0.0": LOOPBACK, "::": "[::1]"}.get(address, f"[{address}]" if ":" in address else address)  # noqa: S104


def _origins(address: str, port: int) -> list[str]:
    """Return by which names the page may be asked for; a page of another origin gets no session."""
    names = {_host(address), address}
    if is_loopback(address) or address in ("0.0.0.0", "::"):  # noqa: S104
        names |= {LOOPBACK, "localhost"}
    if address in ("0.0.0.0", "::"):  # noqa: S104
        names |= {socket.gethostname(), socket.getfqdn()}
        with suppress(OSError):  # a machine without a name of its own
            names |= {str(found[4][0]) for found in socket.getaddrinfo(socket.gethostname(), None)}
    return sorted(f"{name}:{port}" for name in names)


def _free(port: int, address: str) -> int:
    """Return the port, or a free one for 0; OutputError where it cannot be had."""
    try:
        family = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM)[0][0]
        with closing(socket.socket(family, socket.SOCK_STREAM)) as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind((address, port))
            return int(tried.getsockname()[1])
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            mend = "Choose another with --port, or --port 0 for any that is free."
            raise OutputError(Problem("--port", "the port is in use", found=str(port), mend=mend)) from error
        if error.errno == errno.EACCES:
            mend = "Take one from 1024 on."
            raise OutputError(Problem("--port", "the port may not be used", found=str(port), mend=mend)) from error
        what, mend = "there is no such address on this machine", f"Leave it out for {LOOPBACK}."
        raise OutputError(Problem("--address", what, found=address, mend=mend)) from error
