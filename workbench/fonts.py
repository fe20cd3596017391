"""The one typeface of the house: a CJK font that comes with the environment, never the system's."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from pathlib import Path

from workbench.errors import OutputError, Problem

FAMILY = "Noto Sans CJK SC"

_PACKAGE, _FILE = "mplfonts", "NotoSansCJKsc-Regular.otf"

_FIRST_CJK = 0x2E80  # from here on signs are two Latin letters wide


@cache
def font_path() -> Path:
    """Return the font file.

    Raises
    ------
    OutputError
        If the environment lacks it: figures without Chinese glyphs are not drawn at all.
    """
    try:
        path = Path(str(resources.files(_PACKAGE))) / "fonts" / _FILE
    except ModuleNotFoundError:
        path = Path(_FILE)
    if not path.is_file():
        raise OutputError(
            Problem(_FILE, "the CJK font is missing", expected=f"package {_PACKAGE}", mend=f"pip install {_PACKAGE}")
        )
    return path


def display_width(text: str) -> int:
    """Return the width of a text in Latin letters; a Chinese sign takes two."""
    return len(text) if text.isascii() else len(text) + sum(ord(sign) >= _FIRST_CJK for sign in text)


_WORDS = re.compile(r"[（【“]*(?:[!-~·–²°≤≥]+\s?|.)[，。；：、）】”\u3000]*", re.DOTALL)


def wrapped(text: str, room: int) -> str:
    """Break a text of Chinese and Latin words into lines, changing nothing but the breaks."""
    lines, used = [""], 0
    for word in _WORDS.findall(text):
        size = display_width(word)
        if used and used + display_width(word.rstrip()) > room:
            lines.append("")
            used = 0
        lines[-1] += word
        used += size
    return "\n".join(lines)
