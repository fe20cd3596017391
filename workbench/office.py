"""Office documents that hold no clock: the same content, the same bytes."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from pathlib import Path
from typing import Final

from openpyxl import Workbook
from openpyxl.writer.excel import ExcelWriter

EPOCH: Final = dt.datetime(2000, 1, 1)
"""When every document says it was written."""
_PACKED: Final = (".png", ".jpeg")  # members that would not become smaller


def save_workbook(book: Workbook, path: Path) -> None:
    """Save a workbook without the clock: the same content, the same bytes.

    There are no formulas: a name that begins with "=" is text like any other.
    """
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    cell.data_type = "s"
    book.properties.creator = "驿家工作台"
    book.properties.created = book.properties.modified = EPOCH
    stream = io.BytesIO()
    ExcelWriter(book, zipfile.ZipFile(stream, "w")).save()  # book.save would ask the clock, and pack it twice
    path.write_bytes(without_clock(stream.getvalue()))


def without_clock(data: bytes) -> bytes:
    """Stamp every member of an office document with one date: the same content, the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.infolist():
            content = old.read(item.filename)
            how = zipfile.ZIP_STORED if item.filename.endswith(_PACKED) else zipfile.ZIP_DEFLATED
            new.writestr(zipfile.ZipInfo(item.filename, EPOCH.timetuple()[:6]), content, how)
    return out.getvalue()
