"""Names: those that the speech gives, and invented ones for everything else.

An invented name joins two characters, one of each list below; a test keeps them apart from the names of real
communities. The names of the speech are kept where a district is large enough to hold them.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

_FIRST = (
    "云晴澄松柳杏棠桐槐梧枫榆竹芦荷菱兰蕙芷萱鹤鹭雁鹿麟汀溪泉澜汐沁沐听揽栖倚邀采拾晓暮朗霁岚峦砚墨琴笙晖昙苔菀珩瑾璟"
)
_SECOND = (
    "庭屿湾畔浦洲渚埠坡垣川泽塘堤榭阁坊郡舒珂岑屏崖麓畴陌峪溆涧滩隐黛歌笛绮韵辰旸曜霏"
    "霖渺汊浔涟漪湄皋薮圃畦畹磐砾樾槿蔓芃苓茗芩蔚菁芊"
)

SPOKEN_SUBDISTRICTS = ("白音席勒街道", "沙河街道", "赛汗街道")
"""Subdistricts that the speech names."""
SPOKEN_COMMUNITIES = (("鸿翔",), ("锦溪", "恒大"), ("富力",), ("兴元", "振翔"), ("黄金", "开元"), ("花园",))
"""Communities that the speech names, by subdistrict; the last three are placed at our choice."""
SPOKEN_PLACES = ("红柏红色研学基地", "农大新村村史馆")
"""Places of learning that the speech names."""

_OLD_COMPOUND = ("里", "坊", "新村", "大院", "一区", "二区")
_COMPOUND = ("小区", "家园", "苑", "花园", "佳苑", "雅居", "名苑", "嘉园")
_NEW_COMPOUND = ("府", "华府", "名邸", "云境", "公馆", "江城", "壹号院", "天玺")


class Names:
    """Stems in a random order, handed out one after the other.

    Parameters
    ----------
    rng
        Source of the order.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        stems = [a + b for a in _FIRST for b in _SECOND if a != b]
        self._stems = [stems[int(k)] for k in rng.permutation(len(stems))]
        self._next = 0

    def stem(self) -> str:
        """Return the next stem; they begin anew when all are used."""
        stem = self._stems[self._next % len(self._stems)]
        self._next += 1
        return stem

    def subdistricts(self, count: int) -> list[str]:
        """Return names of subdistricts, those of the speech first."""
        return [*SPOKEN_SUBDISTRICTS, *(f"{self.stem()}街道" for _ in range(count - 3))][:count]

    def communities(self, subdistrict: list[int]) -> list[str]:
        """Return a name for each community, given the number of its subdistrict.

        Raises
        ------
        ValueError
            If there are more communities than names.
        """
        spoken = [list(names) for names in SPOKEN_COMMUNITIES]
        if len(subdistrict) > len(self._stems) - self._next:
            raise ValueError(f"there are only {len(self._stems)} invented names")
        return [
            f"{spoken[group].pop(0)}社区" if group < len(spoken) and spoken[group] else f"{self.stem()}社区"
            for group in subdistrict
        ]

    def arterial(self, way: str) -> str:
        """Return a name for an arterial: 大街 from west to east, 路 from south to north."""
        return self.stem() + ("大街" if way == "h" else "路")


def streets(stems: list[str], rng: np.random.Generator) -> Iterator[str]:
    """Return names for the streets of one community, without end."""
    k = 0
    while True:
        yield stems[k % len(stems)] + ("东街", "街", "路", "巷", "北路", "西街")[int(rng.integers(6))]
        k += 1


def compound_name(stem: str, zone: str, rng: np.random.Generator) -> str:
    """Return a name for a compound that suits its age."""
    words = {"old": _OLD_COMPOUND, "ordinary": _COMPOUND, "new": _NEW_COMPOUND}[zone]
    return stem + words[int(rng.integers(len(words)))]
