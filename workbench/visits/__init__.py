"""Whether those who came came back: counted visits, from where they are, what a return cost; and likes beside them."""

from workbench.visits.measure import VisitSums, measure_likes, measure_visits
from workbench.visits.result import VisitsResult, assess_visits

__all__ = ["VisitSums", "VisitsResult", "assess_visits", "measure_likes", "measure_visits"]
