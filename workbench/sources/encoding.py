"""Which letters the bytes of a file mean: decided before reading, and always reported.

The order: what the recipe states; what the file itself declares (a byte order mark, a ``.cpg`` file,
the language byte of a ``.dbf``); UTF-8 if every byte fits; GBK if every byte fits and the text then
looks Chinese: almost any bytes of a western file fit GBK too, and São becomes S鉶. Nothing is ever read
with replacement characters, so there is no mojibake: text that fits nothing, or more than one, is an error.
"""

from __future__ import annotations

import codecs
import re
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from workbench.errors import Problem, SourceEncodingWarning, SourceError
from workbench.sources.files import missing
from workbench.sources.reading import Remark

GBK: Final = "gb18030"  # the superset of GBK that Python knows; every GBK file is one
_BY_NUMBER: Final = {"936": "gbk", "54936": "gb18030", "65001": "utf-8", "950": "big5", "1252": "cp1252"}
_SIGNS: Final = "Az09,;"
_CIPHERS: Final = (
    "idna",
    "punycode",
    "raw-unicode-escape",
    "raw_unicode_escape",
    "unicode-escape",
    "unicode_escape",
    "utf-7",
    "rot13",
)
"""Ways to write text in other text, which Python lists among the encodings."""
_LANGUAGE_BYTE: Final = {0x4D: "gbk", 0x4F: "big5"}  # of a .dbf; other values say little
WESTERN: Final = "cp1252"
_HAN: Final = "[\u3400-\u9fff\uf900-\ufaff]"

CHINESE_SHARE: Final = 0.7
"""Share of the characters of a Chinese text that are in GB 2312, and not inside a word of Latin letters, at least."""


@dataclass(frozen=True)
class Encoding:
    """The encoding chosen for a file.

    Attributes
    ----------
    name
        As Python calls it.
    reason
        Why, in words; goes into the manifest.
    guessed
        Whether neither the recipe nor the file says it.
    """

    name: str
    reason: str
    guessed: bool = False

    @property
    def remark(self) -> Remark:
        """What the import says of it."""
        return Remark("guessed" if self.guessed else "read", f"read as {self.name} ({self.reason})")


def codec_name(word: str) -> str | None:
    """Return Python's name of an encoding, whatever a .cpg or a recipe calls it; None if it is none for text."""
    plain = word.strip().lower().removeprefix("ansi").removeprefix("cp").removeprefix("windows-").strip()
    try:
        found = codecs.lookup(_BY_NUMBER.get(plain, word.strip())).name
        signs = _SIGNS.encode(found).decode(found)
    except (LookupError, ValueError):  # ValueError: a NUL in the name; hex and zlib are no encodings of text
        return None
    return found if signs == _SIGNS and found not in _CIPHERS else None


def text_encoding(path: Path, stated: str | None) -> Encoding:
    """Choose the encoding of a text file.

    Parameters
    ----------
    path
        The file; it is read whole.
    stated
        What the recipe says, or None.

    Raises
    ------
    SourceError
        If the file is missing, if its bytes do not fit what is stated, or fit nothing.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise missing(path, error) from error
    mark = "utf-8-sig" if content.startswith(codecs.BOM_UTF8) else None
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        mark = "utf-16"
    if mark and stated in (None, "utf-8", "utf-8-sig", "utf-16"):
        if not _fits([content], mark, whole=True):
            raise SourceError(
                Problem(
                    str(path),
                    "the text is not in the encoding that its byte order mark says",
                    column="encoding",
                    expected=mark.removesuffix("-sig"),
                    found="bytes of another encoding after the mark, or a file cut short",
                    mend="Open it where its text looks right, and save it again as UTF-8.",
                )
            )
        return Encoding(mark, "byte order mark")
    return _chosen(path, stated, None, [content], whole=True)


def table_encoding(path: Path, stated: str | None) -> Encoding:
    """Choose the encoding of the attribute table of a Shapefile.

    Parameters
    ----------
    path
        The ``.shp`` file, or a packed one; its ``.dbf`` and ``.cpg`` are looked at.
    stated
        What the recipe says, or None.

    Raises
    ------
    SourceError
        If the bytes do not fit what the recipe states, or fit nothing.

    Warns
    -----
    SourceEncodingWarning
        If the ``.cpg`` is wrong, or nothing was declared and GBK is the answer.
    """
    table, side = _beside(path, ".dbf"), _beside(path, ".cpg")
    if table is None:
        return Encoding("utf-8", "no attribute table")
    declared = codec_name(side.decode("ascii", errors="replace")) if side else None
    language = _LANGUAGE_BYTE.get(table[29]) if len(table) >= 32 else None
    return _chosen(path, stated, declared, list(_texts(table)), language, whole=False)


def _beside(path: Path, suffix: str) -> bytes | None:
    """Return a part of a Shapefile, from beside it or out of its package."""
    if path.suffix.lower() == ".shp":
        parts = [path.with_suffix(name) for name in (suffix, suffix.upper())]
        return next((part.read_bytes() for part in parts if part.is_file()), None)
    with zipfile.ZipFile(path) as package:
        names = [name for name in package.namelist() if name.lower().endswith(suffix)]
        return b"".join(package.read(name) for name in names[:1]) if names else None


def _chosen(
    path: Path,
    stated: str | None,
    declared: str | None,
    texts: list[bytes],
    language: str | None = None,
    *,
    whole: bool,
) -> Encoding:
    def fits(name: str) -> bool:
        return _fits(texts, name, whole=whole)

    guess = next((name for name in ("utf-8", GBK) if fits(name)), None)
    if stated:
        if fits(stated):
            return Encoding(stated, "stated in the recipe")
        raise _mismatch(path, stated, guess)
    if declared and fits(declared):
        return Encoding(declared, "declared by its .cpg file")
    if guess is None:
        raise _mismatch(path, "utf-8", None)
    if guess == GBK and language is None and not _looks_chinese(texts):
        raise _either(path, texts)
    if declared:
        warnings.warn(
            f"{path}: its .cpg file declares {declared}, but the text is {_plain(guess)} and was read as that. "
            f"State 'encoding: {_plain(guess)}' for this source in the recipe, or correct the .cpg file.",
            SourceEncodingWarning,
            stacklevel=2,
        )
        return Encoding(guess, f"its .cpg file declares {declared}, wrongly", guessed=True)
    if guess == GBK and language is None:
        return Encoding(GBK, "no encoding declared, not UTF-8, every byte fits GBK", guessed=True)
    return Encoding(language if guess == GBK and language else guess, "every byte fits")


def _looks_chinese(texts: list[bytes]) -> bool:
    """Whether bytes that fit GBK are Chinese: usual characters, and not inside words of Latin letters."""
    text = "".join(_decoded(texts, GBK))
    if any("\ue000" <= sign <= "\uf8ff" for sign in text):  # for private use: no text holds them
        return False
    signs = re.findall(_HAN, text)
    known: int = sum(len(code := sign.encode(GBK)) == 2 and code[0] <= 0xF7 and code[1] >= 0xA1 for sign in signs)
    strange = len(re.findall(f"(?<=[a-z]){_HAN}(?!{_HAN})|(?<=[A-Za-z]){_HAN}(?=[A-Za-z])", text))
    return bool(min(known, len(signs) - strange) >= CHINESE_SHARE * len(signs))


def _decoded(texts: list[bytes], name: str) -> Iterator[str]:
    for text in texts:
        yield text.decode(name, errors="ignore") + "\n"


def _either(path: Path, texts: list[bytes]) -> SourceError:
    """Say that a text fits GBK and does not look it, with the same words in both readings."""
    sample = next(text for text in texts if not text.isascii())
    place = next(i for i, byte in enumerate(sample) if byte >= 0x80)
    line = sample[max(sample.rfind(b"\n", 0, place) + 1, place - 12) :].split(b"\n")[0][:30]
    both = "; ".join(f"{line.decode(name, errors='ignore')!r} as {_plain(name)}" for name in (WESTERN, GBK))
    return SourceError(
        Problem(
            str(path),
            "the encoding of the text cannot be told",
            column="encoding",
            expected="UTF-8, or a text that looks Chinese as GBK",
            found=both,
            mend=f"State 'encoding: {WESTERN}', 'encoding: gbk' or what it is for this source in the recipe.",
        )
    )


def _plain(name: str) -> str:
    return "gbk" if name == GBK else name


def _mismatch(path: Path, stated: str, guess: str | None) -> SourceError:
    return SourceError(
        Problem(
            str(path),
            "the text is not in the encoding it should be in",
            column="encoding",
            expected=stated,
            found=f"bytes that only fit {_plain(guess)}" if guess else "bytes that are neither UTF-8 nor GBK",
            mend=f"State 'encoding: {_plain(guess)}' for this source in the recipe."
            if guess
            else "State its encoding for this source in the recipe, or save it again as UTF-8.",
        )
    )


def _fits(texts: list[bytes], name: str, *, whole: bool) -> bool:
    """Whether all texts can be decoded; one that is not whole, a cell of a table of bytes, may end inside a letter."""
    if not whole and _SIGNS.encode(name) != _SIGNS.encode("ascii"):
        return False  # UTF-16 and its kin: no cell of such a table can hold it
    try:
        for text in texts:
            codecs.getincrementaldecoder(name)("strict").decode(text, final=whole)
    except (UnicodeDecodeError, LookupError):
        return False
    return True


def _texts(table: bytes) -> Iterator[bytes]:
    """Yield the field names and text cells of a dBASE table that are not plain ASCII."""
    if len(table) < 33:
        return
    rows = int.from_bytes(table[4:8], "little")
    begin, width = int.from_bytes(table[8:10], "little"), int.from_bytes(table[10:12], "little")
    at, offset = 32, 1
    fields: list[tuple[int, int]] = []
    while at + 32 <= min(begin, len(table)) and table[at] != 0x0D:
        name = table[at : at + 11].split(b"\0")[0]
        if not name.isascii():
            yield name
        if table[at + 11 : at + 12] == b"C":
            fields.append((offset, offset + table[at + 16] + 256 * table[at + 17]))
        offset += table[at + 16] + (256 * table[at + 17] if table[at + 11 : at + 12] == b"C" else 0)
        at += 32
    body = table[begin : begin + rows * width]
    cells = np.frombuffer(body[: len(body) // width * width] if width else b"", np.uint8).reshape(-1, max(width, 1))
    for start, stop in fields:
        column = cells[:, start:stop]
        for row in np.flatnonzero((column >= 0x80).any(axis=1)):
            yield column[row].tobytes().rstrip(b" \0")
