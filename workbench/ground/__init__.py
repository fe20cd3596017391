"""The ground of a study: the district, where it comes from, and districts from a seed."""
