"""What if? A map to try things on in a meeting: a session without a page, and the page that shows it.

Names are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.lazy import lazy_names

if TYPE_CHECKING:
    from workbench.app.page import what_if
    from workbench.app.server import serve
    from workbench.app.session import Ground, Session, Settings

__all__ = ["Ground", "Session", "Settings", "serve", "what_if"]

__getattr__ = lazy_names(
    __name__,
    {"page": ("what_if",), "server": ("serve",), "session": ("Ground", "Session", "Settings")},
)
