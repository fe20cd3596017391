"""The services that stations declare, read and judged by the catalogue's vocabulary."""

from __future__ import annotations

import re

import pandas as pd

from workbench.errors import Problem
from workbench.scenes.catalogue import Catalogue, catalogue
from workbench.scenes.vocabulary import near

_SEPARATORS = re.compile(r"[;；]")


def services_of(text: object) -> frozenset[str] | None:
    """Return the services a station declares; None where the column is missing, which is not the same as none.

    Parameters
    ----------
    text
        Value of the column ``services``: names separated by ``;``.
    """
    if not isinstance(text, str):
        return None
    return frozenset(part.strip() for part in _SEPARATORS.split(text) if part.strip())


def service_problems(stations: pd.DataFrame, scenes: Catalogue | None = None) -> list[Problem]:
    """List the services of stations that the vocabulary does not hold, one problem each.

    Parameters
    ----------
    stations
        The stations layer; the column ``services`` may be absent.
    scenes
        Catalogue whose vocabulary counts; the one that comes with the workbench by default.
    """
    if "services" not in stations:
        return []
    known = (catalogue() if scenes is None else scenes).services
    return [
        Problem(
            "stations",
            "the service is not known",
            str(name),
            "services",
            "services of the catalogue: " + ", ".join(known),
            service,
            near(service, known),
        )
        for name, text in zip(stations["id"], stations["services"], strict=True)
        for service in sorted(services_of(text) or ())
        if service not in known
    ]
