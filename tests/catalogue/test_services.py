"""Services that stations declare, judged at the gate."""

from __future__ import annotations

import pandas as pd
import pytest

from tests import pocket
from workbench.catalogue.scenes import service_problems, services_of
from workbench.errors import GeodataError


def test_services_are_separated_by_semicolons_of_either_width() -> None:
    assert services_of("counter; agency；reading;") == {"counter", "agency", "reading"}
    assert services_of(None) is None
    assert services_of(float("nan")) is None


def test_an_unknown_service_is_listed_with_its_row() -> None:
    stations = pocket.stations().assign(services=["counter;livestrem;kiosk", None])
    with pytest.raises(GeodataError) as caught:
        pocket.district(stations=stations)
    first, second = caught.value.problems
    assert (first.where, first.row, first.column, first.found) == ("stations", "S1", "services", "kiosk")
    assert second.found == "livestrem"
    assert "Did you mean livestream?" in second.mend
    assert "counter, agency" in second.expected


def test_stations_without_the_column_have_no_problem() -> None:
    assert service_problems(pd.DataFrame({"id": ["S1"]})) == []
    assert pocket.district().stations["services"].isna().all()
