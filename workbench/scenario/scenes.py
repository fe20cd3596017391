"""What a scenario may say of scenes: which of them a group needs, when it can come, and what counts as coming."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from workbench.documents import Frozen
from workbench.scenario.keys import Minutes
from workbench.scenes import catalogue
from workbench.scenes.vocabulary import near
from workbench.scenes.windows import hours_fault


def _known_scene(key: str) -> str:
    if key not in catalogue():
        words = "a scene of the catalogue, one of " + ", ".join(catalogue())
        hint = near(key, catalogue())
        raise PydanticCustomError("scene", "{words}", {"words": f"{words}. {hint}".strip()})
    return key


def _each_once(keys: tuple[str, ...]) -> tuple[str, ...]:
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise PydanticCustomError("twice", "{words}", {"words": f"each scene once; {', '.join(twice)} stands twice"})
    return keys


def _readable_hours(text: str) -> str:
    fault = hours_fault(text)
    if fault:
        words = f'OSM opening_hours, such as "Mo-Fr 18:00-22:00; Sa,Su 09:00-21:00"; this {fault}'
        raise PydanticCustomError("hours", "{words}", {"words": words})
    return text


SceneKey = Annotated[str, AfterValidator(_known_scene)]
"""Key of a scene of the catalogue."""
SceneKeys = Annotated[tuple[SceneKey, ...], Field(strict=False), AfterValidator(_each_once)]
"""Keys of scenes, each once."""
FreeHours = Annotated[str, AfterValidator(_readable_hours)]
"""OSM opening_hours that parse and are open at some time of an ordinary week."""


class SceneRules(Frozen):
    """By what scenes are measured."""

    least_overlap: Minutes = "scene.least_overlap"
    """Minutes a week for which the group must be free, the scene on and the station open at once."""
