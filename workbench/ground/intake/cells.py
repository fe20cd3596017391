"""One cell of a ledger, as people write it, to one value of a column of the house.

Every rule gives the value and says what it did: nothing, where the cell is the value as it stands; ``changed`` where
the same was written otherwise; ``guessed`` where something had to be supposed; ``refused`` where it cannot be told.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any, Final, Literal

from workbench.catalogue.intake import age_band, intake, narrow, plain
from workbench.catalogue.sheets import called, holds_several
from workbench.catalogue.tables import Field
from workbench.catalogue.terms import BREAKS, UNPRINTABLE, label
from workbench.ground.sources.condition import NOTHING, Unread, number_in
from workbench.hours import DAY_MINUTES, WEEKDAYS, hhmm, parses
from workbench.privacy import names_a_number

Kind = Literal["", "changed", "guessed", "doubtful", "refused"]


@dataclass(frozen=True)
class Read:
    """What a cell was read as.

    Attributes
    ----------
    value
        The value; None where there is none.
    kind
        What was done; empty where the cell is the value as it stands.
    why
        The same in Chinese.
    """

    value: Any
    kind: Kind = ""
    why: str = ""


def read_cell(cell: Any, field: Field, table: str, unit: str = "") -> Read:
    """Read a cell for a column.

    Parameters
    ----------
    cell
        As :mod:`workbench.ground.intake.workbook` gives it.
    field
        Column of the house.
    table
        Its table.
    unit
        Unit that the heading names; of numbers that name none themselves.

    Returns
    -------
    Read
        Text, float, bool or None, as the kind of the column asks for; dates as YYYY-MM-DD.
    """
    if cell is None:
        return Read(None)
    if isinstance(cell, Unread):
        return Read(None, "refused", f"{cell}：请在 Excel 中打开、计算并保存，或直接填入数值")
    if isinstance(cell, str) and says_nothing(cell) and not (field.kind == "flag" and _flag(cell, field) is not None):
        return Read(None, "changed", "表示没有或不详，按空白")
    return _reader(field, table)(cell, field, table, unit)


def says_nothing(cell: str) -> bool:
    """Whether a cell says that nothing is known."""
    word = narrow(cell).strip().lower()
    return word in NOTHING or word in intake().nothing or cell.strip() in intake().nothing


def _reader(field: Field, table: str) -> Callable[[Any, Field, str, str], Read]:
    """Return what reads the cells of a column."""
    names, known = (field.name, f"{table}.{field.name}"), intake()
    named = not field.one_of and called(table, field.name)
    kinds = (
        (known.minutes, _minute), (known.clocks, _clock), (known.dates, _date), (known.weekdays, _weekdays),
        (names if named else (), _of_catalogue), (known.lists, _list),
    )  # fmt: skip
    for listed, reader in kinds:
        if any(name in listed for name in names):
            return reader
    if field.kind == "text" and any(name in known.hours for name in names):
        return _hours
    if field.one_of == WEEKDAYS:
        return _weekday
    if field.one_of:
        return _word
    return {"text": _text, "date": _date, "flag": _flag_of, "number": _number, "integer": _number}[field.kind]


def _cannot(why: str) -> Read:
    return Read(None, "refused", why)


# ----------------------------------------------------------------------------------------------------------------------
# Text, identifiers among it; words of a vocabulary; lists; yes and no.


_SCIENTIFIC: Final = re.compile(r"[0-9](\.[0-9]+)?[eE]\+?[0-9]{1,3}")
_EXACT_DIGITS: Final = 15  # that Excel keeps of a number


def _text(cell: Any, field: Field, table: str, unit: str) -> Read:
    del unit
    if isinstance(cell, (dt.datetime, dt.date)):
        return Read(
            f"{cell.month}-{cell.day}",
            "guessed",
            f"Excel 把它变成了日期 {cell:%Y-%m-%d}，推测原来写的是 {cell.month}-{cell.day}；请设为文本格式重新填写",
        )
    if isinstance(cell, bool):
        return Read("是" if cell else "否", "changed", "逻辑值按文字")
    if isinstance(cell, (int, float)):
        return _numeral(cell, field)
    if field.name == "id" and _SCIENTIFIC.fullmatch(narrow(cell)):
        return _cannot("编号被写成科学计数，后面的位数已经丢失；请设为文本格式重新填写")
    of_people = field.name in intake().coded and (field.name != "id" or table in ("staff", "clerks"))
    if of_people and re.fullmatch(rf"[{intake().surnames}][\u4e00-\u9fff]{{1,2}}", cell.replace(" ", "")):
        return _cannot("像人名，不读；请改用代号")
    if field.name in intake().coded and names_a_number(cell):
        return _cannot("手机号、身份证号不读，也不能作编号；请改用代号")
    text = UNPRINTABLE.sub("", BREAKS.sub(" ", cell)).strip()
    if field.name == "id":
        text = narrow(text).replace(" ", "")
    if text == cell:
        return Read(text)
    return Read(text or None, "changed", "全角字符、空格或换行已整理")


def _numeral(cell: float, field: Field) -> Read:
    """Write a number as text; identifiers of more digits than Excel keeps have lost the last of them."""
    if isinstance(cell, int) or cell.is_integer():
        digits = str(int(cell))
        if len(digits.lstrip("-")) > _EXACT_DIGITS:
            return _cannot(f"编号超过 {_EXACT_DIGITS} 位，Excel 已把后面的位数变成 0；请设为文本格式重新填写")
        if field.name == "id" and len(digits) > 10 and digits.endswith("00000"):
            return Read(digits, "doubtful", "长编号以 00000 结尾，可能曾被写成科学计数而丢了位数；请核对")
        return Read(digits)
    return Read(repr(cell))


def _word(cell: Any, field: Field, table: str, unit: str) -> Read:
    """Read a word of a vocabulary."""
    del unit
    text = str(cell).strip()
    if text in field.one_of:
        return Read(text)
    found = _vocabulary(field, table).get(plain(text)[0])
    if found is None and "people" in field.name and (found := _age_word(text)) not in field.one_of:
        found = None
    if found is None:
        allowed = "、".join(label(word) if label(word) != word else _first(field, table, word) for word in field.one_of)
        return _cannot(f"不在可用的词里：{allowed}")
    return Read(found, "changed", f"即 {found}")


def _age_word(text: str) -> str | None:
    """Return the age band that a text names in figures or in words."""
    band = age_band(text)
    if band is not None:
        return band
    base = plain(text)[0]
    return next((name for name, words in intake().ages.items() if base in (plain(word)[0] for word in words)), None)


def _first(field: Field, table: str, word: str) -> str:
    return next(iter(intake().words_of(table, field.name).get(word, ())), word)


@cache
def _vocabulary(field: Field, table: str) -> Mapping[str, str]:
    """Return the words of a column by what people call them, in plain signs."""
    found: dict[str, str] = {}
    for word in field.one_of:
        found[plain(word)[0]] = str(word)
        found.setdefault(plain(label(word))[0], str(word))
        if field.name in ("kind", "noise", "sound", "power", "use", "place"):
            found.setdefault(plain(label(f"{table.removesuffix('s')}.{word}"))[0], str(word))
    for word, names in intake().words_of(table, field.name).items():
        for name in names:
            found.setdefault(plain(name)[0], word)
    return found


_PARTING: Final = re.compile(r"[;；,，、/|\n]+")


def _list(cell: Any, field: Field, table: str, unit: str) -> Read:
    """Read several values in one cell, separated by whatever people use."""
    read = _text(cell, field, table, unit)
    if not isinstance(read.value, str) or not isinstance(cell, str):
        return read
    text = ";".join(part.strip() for part in _PARTING.split(cell) if part.strip())
    return Read(text) if text == cell else Read(text or None, "changed", "分隔符统一为分号")


def _of_catalogue(cell: Any, field: Field, table: str, unit: str) -> Read:
    """Read words of a catalogue, as their labels or their keys call them."""
    several = holds_several(field.name)
    read = (_list if several else _text)(cell, field, table, unit)
    if not isinstance(read.value, str):
        return read
    keys = {plain(zh)[0]: key for key, zh in called(table, field.name).items()}
    parts = read.value.split(";") if several else [read.value]
    value = ";".join(keys.get(plain(part)[0], part) for part in parts)
    return read if value == read.value else Read(value, "changed", "目录里的名称按代号记")


def _flag(cell: str, field: Field) -> bool | None:
    word, own = narrow(cell).strip().lower(), intake().flags.get(field.name)
    for value, words in ((True, intake().yes), (False, intake().no)):
        more = (own.yes if value else own.no) if own is not None else ()
        if word in words or word in more or cell.strip() in words:
            return value
    return None


def _flag_of(cell: Any, field: Field, table: str, unit: str) -> Read:
    del table, unit
    if isinstance(cell, bool):
        return Read(cell)
    text = str(cell).strip()
    found = _flag(text, field)
    if found is None:
        return _cannot("看不出是“是”还是“否”")
    return Read(found) if text in ("是", "否") else Read(found, "changed", f"即“{'是' if found else '否'}”")


# ----------------------------------------------------------------------------------------------------------------------
# Numbers: digits of all kinds, Chinese numerals, units, and what is only about right.


_SMALL: Final = {
    **{sign: number for row in ("零一二三四五六七八九", "〇壹贰叁肆伍陆柒捌玖") for number, sign in enumerate(row)},
    "两": 2, "俩": 2,
}  # fmt: skip
_POWERS: Final = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_GREAT: Final = {"万": 10_000, "亿": 100_000_000}


_TENTH: Final = {"百": "十", "佰": "十", "千": "百", "仟": "百", "万": "千"}
_SPOKEN: Final = re.compile(rf"([{''.join(_TENTH)}])[一二三四五六七八九壹贰叁肆伍陆柒捌玖两俩]$")


def chinese_number(text: str) -> int | None:
    """Return the number that Chinese numerals write; None where they write none, or two digits side by side.

    A last digit straight behind 百, 千 or 万 counts tenths of it, as people say it: 三千五 is 3500, 三千零五 3005.
    """
    total = section = digit = 0
    waiting = False
    if (found := _SPOKEN.search(text)) is not None:
        text += _TENTH[found[1]]
    for sign in text:
        if sign in _SMALL:
            if waiting and digit:
                return None
            digit, waiting = _SMALL[sign], True
        elif sign in _POWERS:
            section += (digit if waiting else 1) * _POWERS[sign]
            digit, waiting = 0, False
        elif sign in _GREAT:
            total = (total + section + digit) * _GREAT[sign]
            section, digit, waiting = 0, 0, False
        else:
            return None
    return total + section + digit if text else None


_ROMAN_RUN: Final = r"[0-9][0-9,]*(?:\.[0-9]+)?|\.[0-9]+"
_CHINESE_RUN: Final = r"[零一二三四五六七八九〇壹贰叁肆伍陆柒捌玖两俩十拾百佰千仟]+"
_QUANTITY: Final = re.compile(rf"([-+]?(?:{_ROMAN_RUN})|{_CHINESE_RUN}|半)(.*)")
_RANGE: Final = re.compile(rf"(?:{_ROMAN_RUN}|{_CHINESE_RUN})[^0-9]{{0,4}}?[-~至到—–](?:{_ROMAN_RUN}|{_CHINESE_RUN}).*")
_HOURS_MINUTES: Final = re.compile(r"([0-9]+)(?:个?小时|h|时)([0-9]+)(?:分钟?|min|m)")
_NOTE: Final = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|【[^【】]*】")
_SERIAL_DAY: Final = dt.datetime(1899, 12, 30)
_EARLY: Final = 1930
_PERCENT: Final = 100
_MOST: Final = 1e12  # larger ones are marks for "no data", or slips


def _number(cell: Any, field: Field, table: str, unit: str) -> Read:
    measure = intake().measure(field.name)
    if isinstance(cell, bool):
        return _cannot("这里应是数字，却是逻辑值")
    if isinstance(cell, (dt.datetime, dt.date)):
        read = _serial(cell)
    elif isinstance(cell, (int, float)):
        read = Read(float(cell))
    else:
        read = _quantity(cell, measure, unit)
        unit = ""
    if read.value is None:
        return read
    if unit:
        worth = intake().worth(measure, unit)
        if worth is not None and worth != 1:
            read = Read(_times(read.value, worth), "changed", f"单位“{unit}”（见标题）换算")
    return _within(read, field, measure)


def _serial(cell: dt.date) -> Read:
    """Undo a date that a format made of a small number; one of today was text once, such as 3-2."""
    if cell.year >= _EARLY:
        return _cannot(f"Excel 把它变成了日期 {cell:%Y-%m-%d}；请设为数值格式重新填写")
    moment = cell if isinstance(cell, dt.datetime) else dt.datetime.combine(cell, dt.time())
    days = (moment - _SERIAL_DAY).total_seconds() / 86400
    return Read(float(round(days, 6)), "guessed", "单元格是日期格式，推测是数字被误设了格式")


def _times(value: float, worth: Fraction) -> float:
    exact = Fraction(str(value)) * worth
    return round(float(exact), 6)


def _within(read: Read, field: Field, measure: str) -> Read:
    """Judge a number by what its column may hold."""
    value = read.value
    if abs(value) > _MOST:
        return _cannot("数字大得不合常理")
    if measure == "share" and 1 < value <= _PERCENT:
        read = Read(value / _PERCENT, "guessed", "推测是百分数")
        value = read.value
    if field.kind == "integer" and value != int(value):
        return _cannot("这里应是整数")
    low, high = field.at_least, field.at_most
    if (low is not None and value < low) or (high is not None and value > high):
        allowed = f"不小于 {low:g}" if high is None else f"{low or 0:g} 至 {high:g}"
        return _cannot(f"不在允许的范围里：应{allowed}")
    return read


def _quantity(cell: str, measure: str, heading_unit: str) -> Read:
    """Read a number with its unit, and with what says that it is only about right."""
    text = narrow(cell).replace(" ", "").replace("−", "-")
    value = number_in(text)
    if value is not None and abs(value) <= _MOST:
        return _in_heading_unit(value, cell, measure, heading_unit)
    bare = _NOTE.sub("", text)
    noted = bare != text
    if (found := _HOURS_MINUTES.fullmatch(bare)) is not None and measure in ("分钟", "小时"):
        minutes = 60 * int(found[1]) + int(found[2])
        return Read(float(minutes if measure == "分钟" else minutes / 60), "changed", "时间换算")
    bare, about = _without_about(bare)
    if measure == "storey" and (
        found := re.fullmatch(r"(?:b|地下|负)([0-9]+|[一二三四五六七八九十])(?:层|楼|f)?", bare.lower())
    ):
        return Read(-(_figure(found[1]) or 1.0), "changed", "地下楼层按负数")
    if _RANGE.fullmatch(bare):
        return _cannot("写的是一个范围，不能取一个数")
    found = _QUANTITY.fullmatch(bare)
    if found is None or any(sign in about for sign in intake().unsure):
        return _cannot("读不出数字")
    number = _figure(found[1])
    tail, more = _without_about(found[2])
    if any(sign in more for sign in intake().unsure):
        return _cannot("只是约数，没有写明多少")
    worth = Fraction(1) if not tail else _worth(measure, tail)
    if number is None or worth is None:
        return _cannot(f"单位“{tail}”不认识或不合这一列" if number is not None else "读不出数字")
    value = _times(number, worth)
    if not tail and heading_unit:
        value = _times(value, intake().worth(measure, heading_unit) or Fraction(1))
    words = [f"单位“{tail}”" + ("换算" if worth != 1 else "已去掉")] if tail else []
    words += ["括号里的说明未采用"] if noted else []
    words += [f"“{about or more}”表示约数，取 {value:g}"] if about or more else []
    spoken = _SPOKEN.search(found[1]) is not None
    words += [f"推测：“{found[1]}”是 {number:g}"] if spoken else ["中文数字"] if not found[1][-1].isdigit() else []
    return Read(value, "guessed" if about or more or noted or spoken else "changed", "；".join(words) or "数字已整理")


def _in_heading_unit(value: float, cell: str, measure: str, unit: str) -> Read:
    worth = intake().worth(measure, unit) if unit else None
    if worth is not None and worth != 1:
        return Read(_times(value, worth), "changed", f"单位“{unit}”（见标题）换算")
    return Read(value) if _plain_digits(cell) else Read(value, "changed", "全角、空格或千位分隔符已整理")


def _plain_digits(cell: str) -> bool:
    return re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", cell) is not None


def _figure(text: str) -> float | None:
    if text == "半":
        return 0.5
    number = number_in(text) if text[-1].isdigit() else chinese_number(text)
    return float(number) if number is not None and abs(number) <= _MOST else None


def _worth(measure: str, unit: str) -> Fraction | None:
    """Return what a unit is worth; its writing may be full-width or in small letters."""
    for name, worth in intake().units[measure].items():
        if unit.casefold() == narrow(name).casefold():
            return Fraction(worth)
    return None


def _without_about(text: str) -> tuple[str, str]:
    """Cut off, at both ends, what says that a number is only about right."""
    said = ""
    words = sorted((narrow(word) for word in intake().about), key=len, reverse=True)
    for word in words:
        if text.startswith(word) and len(text) > len(word):
            text, said = text.removeprefix(word), said + word
            break
    for word in words:
        if text.endswith(word):
            text, said = text.removesuffix(word), said + word
            break
    else:
        for word in words:  # 十多个: between the number and its unit
            if text.startswith(word):
                text, said = text.removeprefix(word), said + word
                break
    return text, said


# ----------------------------------------------------------------------------------------------------------------------
# Dates, hours of the day, days of the week.


_DATE: Final = re.compile(
    r"([0-9]{4})(?:[-./年]([0-9]{1,2})[-./月]([0-9]{1,2})[日号]?|([0-9]{2})([0-9]{2}))(?:[ T]?[0-9:]+)?"
)
_LEAST_SERIAL, _MOST_SERIAL = 20_000, 80_000  # days of Excel from 1954 to 2119


def _date(cell: Any, field: Field, table: str, unit: str) -> Read:
    del field, table, unit
    if isinstance(cell, dt.date):
        return Read(f"{cell:%Y-%m-%d}") if cell.year > _EARLY else _cannot("日期不合常理；可能是数字被误设了日期格式")
    text = narrow(str(cell)).strip()
    number = number_in(text)
    if number is not None and _LEAST_SERIAL < number < _MOST_SERIAL:
        day = _SERIAL_DAY + dt.timedelta(days=int(number))
        return Read(f"{day:%Y-%m-%d}", "guessed", "推测是失去日期格式的日期")
    found = _DATE.fullmatch(text.replace(" ", "") if "年" in text else text)
    if found is None:
        return _cannot("读不出日期；请写成 2026-03-02，年月日齐全")
    try:
        day = dt.datetime(int(found[1]), int(found[2] or found[4]), int(found[3] or found[5]))
    except ValueError:
        return _cannot("没有这一天")
    shown = f"{day:%Y-%m-%d}"
    return Read(shown) if shown == cell else Read(shown, "changed", "日期写法统一")


def _clock(cell: Any, field: Field, table: str, unit: str) -> Read:
    """Read an hour of the day as HH:MM."""
    del field, table, unit
    minute = _minute_of(cell)
    if minute is None:
        return _cannot("读不出时刻；请写成 08:30")
    shown = hhmm(minute)
    return Read(shown) if shown == cell else Read(shown, "changed", "时刻写法统一")


def _minute(cell: Any, field: Field, table: str, unit: str) -> Read:
    """Read an hour of the day as minutes since midnight; a whole number is that already."""
    del table, unit
    number = cell if isinstance(cell, int) else number_in(narrow(cell).strip()) if isinstance(cell, str) else None
    if number is not None and not isinstance(cell, bool) and number == int(number):
        read = _within(Read(float(number)), field, "count")
        hours, minutes = divmod(int(number), 100)
        # 8 may be an hour, and 830 half past eight: minutes of a roster are whole quarters
        if read.value is None or not (0 < number <= 24 or (number % 15 and hours <= 24 and minutes % 15 == 0)):
            return read
        shown = f"{hours}:{minutes:02d}" if hours else f"{minutes}:00"
        return Read(read.value, "doubtful", f"按自零点起的分钟是 {hhmm(int(number))}；若是 {shown} 请写成时刻")
    minute = _minute_of(cell)
    if minute is None:
        return _cannot("读不出时刻；请写成 08:30")
    return Read(float(minute), "changed", "时刻换算为自零点起的分钟")


def _minute_of(cell: Any) -> int | None:
    if isinstance(cell, float) and 0 <= cell <= 1:
        return round(cell * DAY_MINUTES)
    if not isinstance(cell, str):
        return None
    times = list(_times_in(_prepared(cell)))
    minute = _of_day(*times[0]) if len(times) == 1 else None
    return minute if minute is not None and minute <= DAY_MINUTES else None


def _weekday(cell: Any, field: Field, table: str, unit: str) -> Read:
    del field, table, unit
    text = _prepared(str(cell))
    if text in WEEKDAYS:
        return Read(text)
    days = _days(text) or _days(f"周{text}")
    if days is None or "," in days or "-" in days:
        return _cannot("读不出星期几；请写成 周一 至 周日")
    return Read(days, "changed", f"即 {days}")


def _weekdays(cell: Any, field: Field, table: str, unit: str) -> Read:
    """Read days of the week, separated by ';'."""
    del field, table, unit
    text = _prepared(str(cell))
    parts = text.split(";")
    if all(part in WEEKDAYS for part in parts):
        return Read(text)
    days = _days(text.replace(";", ","))
    if days is None:
        return _cannot("读不出星期几；请写成 周一、周三")
    return Read(";".join(_spread(days)), "changed", "星期写法统一")


def _spread(days: str) -> list[str]:
    """Return the single days of a list of days and spans."""
    found: list[str] = []
    for part in days.split(","):
        first, _, last = part.partition("-")
        place = WEEKDAYS.index(first)
        found += [WEEKDAYS[(place + k) % 7] for k in range((WEEKDAYS.index(last or first) - place) % 7 + 1)]
    return found


# ----------------------------------------------------------------------------------------------------------------------
# Opening hours in words, to the OSM syntax.
#
# A text is a row of days, times and words that say whether it is open; each time belongs to the days before it. What is
# none of these is not understood, and then the whole cell is not.


def _hours(cell: Any, field: Field, table: str, unit: str) -> Read:
    del field, table, unit
    if not isinstance(cell, str):
        return _cannot("读不出开放时间；请写成 周一至周日 8:30-21:00")
    text = cell if parses(cell) else opening_hours(cell)
    if text is None:
        return _cannot("读不出开放时间；请写成 周一至周五 8:30-17:30；周六 9:00-12:00")
    if (back := _backwards(text)) and not any(word in cell for word in intake().clock.next_day):
        return Read(text, "doubtful", f"“{back}”结束早于开始，要开过夜；若是下午请写 24 小时制，过夜请写“次日”")
    return Read(text) if text == cell else Read(text, "changed", "按不开放" if text == "off" else "按 OSM 写法")


def _backwards(hours: str) -> str:
    """Return a span that ends before it begins; those that begin in the evening or end at midnight are no slips."""
    for found in _OSM_SPAN.finditer(hours):
        first, last = (60 * int(found[k]) + int(found[k + 1]) for k in (1, 3))
        if 0 < last <= first < _EVENING:
            return found[0]
    return ""


_OSM_SPAN: Final = re.compile(r"([0-9]{1,2}):([0-9]{2})-([0-9]{1,2}):([0-9]{2})")
_EVENING: Final = 18 * 60


def opening_hours(text: str) -> str | None:
    """Return opening hours in Chinese words in the OSM syntax; None where anything of them is not understood."""
    rules: list[tuple[str, str]] = []
    for part in re.split(r"[;。\n]", _prepared(text)):
        found = _rules(part)
        if found is None:
            return None
        for days, times in found:
            if days or not rules:
                rules.append((days, times))
            elif "off" in (times, rules[-1][1]):
                return None
            else:  # 上午8:30-11:30；下午2:00-5:30: of the same days
                rules[-1] = (rules[-1][0], f"{rules[-1][1]},{times}")
    if not rules:
        return None
    rules = [(days or ("" if len(rules) == 1 else "Mo-Su"), times) for days, times in rules]
    merged = "; ".join(f"{days} {times}".strip() for days, times in rules)
    written = "24/7" if merged in ("00:00-24:00", "Mo-Su 00:00-24:00") else merged
    if written != "24/7" and rules[0][0] == "" and rules[0][1] != "off":
        written = f"Mo-Su {written}"
    return written if parses(written) else None


def _prepared(text: str) -> str:
    """Return hours in plain signs, with the words of the house for days of the week."""
    words = intake().clock
    plain_text = narrow(text)
    for word in words.to:
        plain_text = plain_text.replace(narrow(word), "-")
    plain_text = re.sub(r"\s*[(\[【{]\s*|\s*[)\]】}]\s*", ";", plain_text)
    plain_text = re.sub(r"-{2,}", "-", plain_text)
    return re.sub(r"[,、/&]+|\s+", ",", plain_text.strip(" ,、;。")).strip(",")


@cache
def _tokens() -> re.Pattern[str]:
    """Return the pattern of what hours are made of."""
    words = intake().clock

    def any_of(*lists: Sequence[str]) -> str:
        names = sorted({narrow(word).replace(" ", "") for names in lists for word in names}, key=len, reverse=True)
        return "|".join(re.escape(name) for name in names)

    week = any_of(words.week)
    signs = any_of([day for day in words.days if not day.isdigit()])
    day = rf"(?:{signs}|[1-7](?![0-9:.点时]))"
    days = rf"(?:{week}){day}(?:[-,]?(?:{week})?{day})*"
    clock = r"[0-9]{1,2}(?:[:.点时](?:[0-9]{1,2}|半|一刻|三刻)?分?)"
    half = any_of(words.morning, words.noon, words.afternoon, words.evening)
    return re.compile(
        rf"(?P<all>{any_of(words.all_day)})|(?P<every>{any_of(words.every)})|(?P<holidays>{any_of(words.holidays)})"
        rf"|(?P<workdays>{any_of(words.workdays)})|(?P<weekends>{any_of(words.weekends)})|(?P<days>{days})"
        rf"|(?P<span>(?:{half})?,?(?:{clock}),?-,?(?:{any_of(words.next_day)})?(?:{half})?,?(?:{clock}))"
        rf"|(?P<shut>{any_of(words.shut)})|(?P<open>{any_of(words.open)})|(?P<half>{half})|(?P<noise>[,:-]|{any_of(words.noise)})"
    )


def _rules(part: str) -> list[tuple[str, str]] | None:
    """Return the rules of a part: days, and times or "off"; None where something is not understood."""
    rules: list[tuple[str, list[str]]] = []
    days: list[str] = []
    fresh = True  # whether days that come now begin a rule
    at = 0
    while at < len(part):
        found = _tokens().match(part, at)
        if found is None:
            return None
        at = found.end()
        kind, text = found.lastgroup or "", found.group()
        if kind in _DAY_KINDS:
            named = _DAY_KINDS[kind] or _days(text)
            if named is None:
                return None
            days = [named] if fresh is False or not days else [*days, named]
            fresh = True
        elif kind == "open" and days == ["PH"] and fresh:
            days = []  # as on other days
        elif kind == "shut" and not fresh:
            return None  # 12:00-14:00休息: what is shut is a span, and not the day
        elif kind in ("span", "all", "shut"):
            time = {"all": "00:00-24:00", "shut": "off"}.get(kind) or _span(text)
            if time is None:
                return None
            key = ",".join(days)
            if rules and rules[-1][0] == key and not fresh and time != "off":
                rules[-1][1].append(time)
            else:
                rules.append((key, [time]))
            fresh = False
    if fresh and days:  # days without a time
        return None
    return [(key, ",".join(times)) for key, times in rules]


_DAY_KINDS: Final[Mapping[str, str]] = {
    "every": "Mo-Su", "workdays": "Mo-Fr", "weekends": "Sa-Su", "holidays": "PH", "days": ""
}  # fmt: skip


def _days(text: str) -> str | None:
    """Return days of the week, such as 周一至周五 or 周一、三, as Mo-Fr or Mo,We."""
    words = intake().clock
    bare = re.sub("|".join(re.escape(word) for word in words.week), "", text)
    found = []
    for part in filter(None, re.split(r",+", bare)):
        ends = [words.days.get(end) for end in part.split("-")]
        if len(ends) == 1 and ends[0] is None and all(sign in words.days for sign in part):
            found += [words.days[sign] for sign in part]  # 一三五
        elif None in ends or len(ends) > 2:
            return None
        else:
            found.append("-".join(str(end) for end in ends))
    return ",".join(found) or None


_CLOCK: Final = re.compile(r"([0-9]{1,2})(?:[:.点时]([0-9]{1,2}|半|一刻|三刻)?分?)")
_QUARTERS: Final = {None: 0, "半": 30, "一刻": 15, "三刻": 45}
_HALF_DAY: Final = DAY_MINUTES // 2
_BEFORE_NOON: Final = 11 * 60  # 中午 1 点 is 13:00, 中午 11 点半 is not 23:30


def _times_in(text: str) -> Iterator[tuple[int, str]]:
    """Yield the hours of the day in a text as minutes, and the word before each."""
    at = 0
    for found in _CLOCK.finditer(text):
        minute = _QUARTERS[found[2]] if found[2] in _QUARTERS else int(found[2])
        minute = minute if minute < 60 else 2 * DAY_MINUTES  # 8:75 is no time of any day
        yield 60 * int(found[1]) + minute, text[at : found.start()].strip(",-")
        at = found.end()


def _of_day(minute: int, word: str) -> int | None:
    """Return the minute of the day of an hour with a word such as 下午 before it; None where the word is unknown."""
    words = intake().clock
    if word in (*words.afternoon, *words.evening):
        return minute + _HALF_DAY if minute < _HALF_DAY else minute
    if word in words.noon:
        return minute + _HALF_DAY if minute < _BEFORE_NOON else minute
    return minute if word in ("", *words.morning, *words.next_day) else None


def _span(text: str) -> str | None:
    """Return a span of hours as HH:MM-HH:MM; the second of 下午2:00-5:30 is in the afternoon as well."""
    times = list(_times_in(text))
    ends = [_of_day(minute, word) for minute, word in times]
    if len(ends) != 2:
        return None
    first, last = ends
    if first is None or last is None:
        return None
    late = first != times[0][0]  # the word before it said so
    if late and not times[1][1] and last <= first < last + _HALF_DAY:
        last += _HALF_DAY
    return f"{hhmm(first)}-{hhmm(last)}" if max(first, last) <= DAY_MINUTES else None
