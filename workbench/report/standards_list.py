"""The register of standards for a terminal and for a workbook."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from workbench.catalogue.standards import Certainty, Document, Facility, Register, Standard, register

_OWN = "register"


def print_standards(
    console: Console, standards: Register, *, find: str = "", certainty: Certainty | None = None
) -> None:
    """Print the register, one table a document, local values first.

    Parameters
    ----------
    console
        Where to.
    standards
        The register; with a scenario's local values in it, these are also listed apart.
    find
        Text that key, label, document, its title, clause or unit must hold, in either case.
    certainty
        Certainty that values must have.
    """
    chosen = [
        item
        for item in standards.values()
        if (certainty is None or item.certainty is certainty)
        and find.casefold() in _words(item, standards.documents.get(item.document))
    ]
    local = [item for item in chosen if item.origin != _OWN]
    if local:
        console.print(_local_values(local, register()))
    for name in dict.fromkeys(item.document for item in chosen if item.document in standards.documents):
        document = standards.documents[name]
        console.print(_values(_title(name, document), [item for item in chosen if item.document == name]))
        _print_rules(console, document)
    for name, document in _without_values(standards, find, certainty).items():
        console.print(f"{_title(name, document)}：没有数值", highlight=False, markup=False)
        _print_rules(console, document)
    own = [item for item in chosen if item.document not in standards.documents]
    if own:
        console.print(_values("其他来源与工作台默认值", own, documents=True))
    doubtful = sum(item.certainty is Certainty.DOUBTFUL for item in chosen)
    console.print(f"{len(chosen)} / {len(standards)} 条，其中【疑】{doubtful} 条", highlight=False)


def standards_table(standards: Iterable[Standard]) -> pd.DataFrame:
    """Return standards as the sheet of a workbook that its tables refer to, one row each."""
    rows = [
        {
            "内容": item.label,
            "取值": item.value,
            "单位": item.unit,
            "用词": item.wording,
            "文件": item.document,
            "条款": item.clause,
            "可信度": f"【{item.certainty}】",
            "核对日期": item.checked or "未核对原文",
            "取值来源": "标准台账" if item.origin == _OWN else item.origin,
            "键": item.key,
        }
        for item in standards
    ]
    return pd.DataFrame(rows)


def facility_table(facilities: Iterable[Facility]) -> pd.DataFrame:
    """Return the facilities of the five-minute circle as a table to read; — where the standard is silent."""
    rows = [
        {
            "设施": item.label,
            "配建": item.due,
            "服务半径（m）": "—" if item.radius is None else f"≤ {item.radius.value:g}",
            "建筑面积（㎡/处）": _span(item.floor_area_min, item.floor_area_max),
            "用地（㎡/处）": _span(item.land_min, item.land_max),
            "依据": item.citation,
        }
        for item in facilities
    ]
    return pd.DataFrame(rows)


def _span(low: Standard | None, high: Standard | None) -> str:
    ends = [f"{end.value:g}" for end in (low, high) if end is not None]
    return "–".join(ends) or "—"


def _words(item: Standard, document: Document | None) -> str:
    parts = [
        item.key,
        item.label,
        item.document,
        item.clause,
        item.unit,
        document.title if document else "",
    ]
    return "\n".join(parts).casefold()


def _without_values(standards: Register, find: str, certainty: Certainty | None) -> Mapping[str, Document]:
    """Return documents of which the register holds rules only."""
    cited = {item.document for item in standards.values()}
    return {
        name: document
        for name, document in standards.documents.items()
        if name not in cited
        and find.casefold() in f"{name}\n{document.title}".casefold()
        and (certainty is None or certainty in {document.certainty, *(rule.certainty for rule in document.rules)})
    }


def _local_values(items: Iterable[Standard], own: Register) -> Table:
    table = Table(title="本情景改定的取值", title_justify="left", pad_edge=False)
    for heading in ("key", "label", "取值", "台账值", "unit", "由谁改定"):
        table.add_column(heading, overflow="fold")
    for item in items:
        earlier = f"{own[item.key].value:g}"
        table.add_row(*_escaped(item.key, item.label, f"{item.value:g}", earlier, item.unit, item.origin))
    return table


def _title(name: str, document: Document) -> str:
    title = name if document.title == name else f"{name} {document.title}"
    return f"{title}（{document.in_force} 起实施）" if document.in_force else title


def _values(title: str, items: Iterable[Standard], *, documents: bool = False) -> Table:
    table = Table(title=escape(title), title_justify="left", pad_edge=False)
    for heading in ("key", "value", "unit", "用词", "label", "document and clause" if documents else "clause", "可信"):
        table.add_column(heading, justify="right" if heading == "value" else "left", overflow="fold")
    for item in items:
        value = f"{item.value:g}" if item.origin == _OWN else f"{item.value:g} *"
        place = f"{item.document} {item.clause}".strip() if documents else item.clause
        cells = _escaped(item.key, value, item.unit, item.wording, item.label, place, f"【{item.certainty}】")
        table.add_row(*cells, style="yellow" if item.certainty is Certainty.DOUBTFUL else None)
    return table


def _print_rules(console: Console, document: Document) -> None:
    for rule in document.rules:
        clause = f"{rule.clause}：" if rule.clause else ""
        console.print(f"  · {clause}{rule.text} 【{rule.certainty}】", highlight=False, markup=False, style="dim")


def _escaped(*texts: str) -> list[str]:
    return [escape(text) for text in texts]
