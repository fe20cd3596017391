"""The atlas: a page for each area, with its map, numbers and gaps, and what the plan does for it."""

from __future__ import annotations

import io
import re
import subprocess
from functools import partial
from html import unescape
from pathlib import Path

import pytest
from PIL import Image

from tests.report.test_page import CHROMIUM, QUIET
from tests.report.test_word import HOSTILE, contents_of, study
from workbench.plot import atlas_maps
from workbench.report import write_run
from workbench.report.atlas import ATLAS, write_atlas


def leaves(page: str) -> list[str]:
    return page.split('<section class="leaf"')[1:]


def test_each_community_has_a_page(tmp_path: Path) -> None:
    found = study("sites")
    draw = partial(atlas_maps, found, workers=1)
    write_run(tmp_path / "run", found.district, found.scenario, found, atlas="community", draw_areas=draw)
    page = (tmp_path / "run" / ATLAS).read_text(encoding="utf-8")
    east, far = map(unescape, leaves(page))
    assert page.count('src="data:image/png;base64,') == 2
    assert HOSTILE[0] not in page
    assert HOSTILE[0] in east
    assert HOSTILE[1] in far
    assert found.before_after is not None
    for circle, column in zip(found.before_after, ("现状", "方案"), strict=True):
        covered = circle.by_community["covered_compliance"].round().astype(int)
        for leaf, count in zip((east, far), covered, strict=True):
            assert f"<td>{count} 人</td>" in leaf, column
    assert "方案在此新增 1 处，覆盖居民净增 60 人。" in far
    assert "远铺" in far
    assert f'href="{ATLAS}"' in (tmp_path / "run" / "report.html").read_text(encoding="utf-8")


def test_the_same_study_gives_the_same_atlas(tmp_path: Path) -> None:
    found = study("sites")
    for workers, path in enumerate((tmp_path / "one", tmp_path / "two"), 1):
        write_atlas(path, contents_of(found), "community", partial(atlas_maps, found, workers=workers))
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("nothing planned", "本情景只评估现状，没有方案。"),
        ("impossible", "按所列规则没有可行的方案。"),
        ("rooms", "方案不在此动工，覆盖居民不变。"),
        ("gates", "方案不在此动工，覆盖居民净增 30 人。"),
        ("bare", "缺数据：本区没有社区图层，不能分社区出图。"),
    ],
)
def test_what_there_is_not_is_said(case: str, said: str, tmp_path: Path) -> None:
    write_atlas(tmp_path / ATLAS, contents_of(study(case)), "community")
    assert said in (tmp_path / ATLAS).read_text(encoding="utf-8")


def test_subdistricts_are_drawn_once_each() -> None:
    maps = atlas_maps(study("nothing planned"), "subdistrict", workers=1)
    assert set(maps) == set(study("nothing planned").district.communities["subdistrict"])
    with Image.open(io.BytesIO(next(iter(maps.values())))) as picture:
        assert picture.width > 800
    assert atlas_maps(study("bare"), "subdistrict") == {}


def test_an_area_keeps_to_its_sheet_however_long_its_tables(tmp_path: Path) -> None:
    if not CHROMIUM:
        pytest.skip("no Chromium on this machine: apt install chromium-headless-shell")
    found = study("sites")
    write_atlas(tmp_path / ATLAS, contents_of(found), "community", partial(atlas_maps, found, workers=1))
    page = (tmp_path / ATLAS).read_text(encoding="utf-8")
    rows = "".join(f"<tr><td>新增</td><td>{'街角' * 8}（p{number}）</td></tr>" for number in range(18))
    full = tmp_path / "full.html"
    full.write_text(page.replace("</section>", f"<table>{rows}</table></section>"), encoding="utf-8")
    printed = tmp_path / "full.pdf"
    call = [CHROMIUM, "--headless", *QUIET, f"--print-to-pdf={printed}", full.as_uri()]
    subprocess.run(call, check=True, capture_output=True, timeout=120)
    sheets = len(re.findall(rb"/Type /Page\b", printed.read_bytes()))
    assert sheets == 1 + len(leaves(page))
