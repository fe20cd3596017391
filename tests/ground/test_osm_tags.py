"""The tag rules, row by row."""

from __future__ import annotations

import pytest

from workbench.ground.sources.osm_tags import at_hours, barrier_access, classify, is_gate, level_of


def tags(text: str) -> dict[str, str]:
    """Read "highway=path foot=no"."""
    return dict(pair.split("=", 1) for pair in text.split())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("highway=residential", ("street", "public")),
        ("highway=service", ("street", "public")),
        ("highway=primary_link", ("street", "public")),
        ("highway=living_street", ("living_street", "public")),
        ("highway=platform", ("platform", "public")),
        ("highway=footway", ("footway", "public")),
        ("highway=footway footway=crossing", ("crossing", "public")),
        ("highway=path path=crossing", ("crossing", "public")),
        ("highway=cycleway cycleway=crossing foot=yes", ("crossing", "public")),
        ("highway=pedestrian area=yes", ("pedestrian", "public")),
        # foot overrides access
        ("highway=service access=private", ("street", "members")),
        ("highway=service access=private foot=yes", ("street", "public")),
        ("highway=service access=no", ("street", "closed")),
        ("highway=service access=no foot=designated", ("street", "public")),
        ("highway=service access=yes foot=private", ("street", "members")),
        ("highway=service access=customers", ("street", "members")),
        ("highway=service access=destination", ("street", "public")),
        ("highway=residential access=permissive", ("street", "public")),
        ("highway=track access=forestry", ("track", "closed")),
        ("highway=path access=permit;yes", ("path", "members")),
        ("highway=path access=whatever", ("path", "public")),
        # not walked here
        ("highway=residential foot=no", None),
        ("highway=residential foot=use_sidepath", None),
        ("highway=secondary sidewalk=separate", None),
        ("highway=secondary sidewalk:both=separate", None),
        ("highway=secondary sidewalk:left=separate sidewalk:right=no", None),
        ("highway=secondary sidewalk:left=separate sidewalk:right=yes", ("street", "public")),
        ("highway=secondary sidewalk=separate foot=yes", ("street", "public")),
        ("highway=secondary sidewalk=no", ("street", "public")),
        # values as people type them
        ("highway=footway;cycleway", ("footway", "public")),
        ("highway=cycleway;footway", ("footway", "public")),
        ("highway=residential;service", ("street", "public")),
        ("highway=steps;footway", ("steps", "public")),
        ("highway=construction;proposed", None),
        ("highway=Footway foot=Yes", ("footway", "public")),
        ("highway=path foot=No", None),
        ("highway=path access=unheard;Private", ("path", "members")),
        ("highway=footway bridge=Yes", ("bridge", "public")),
        # roads for motors, whatever their class
        ("highway=primary motorroad=yes", None),
        ("highway=secondary_link motorroad=yes", None),
        ("highway=primary motorroad=yes foot=yes", ("street", "public")),
        ("highway=primary motorroad=yes sidewalk=right", ("street", "public")),
        ("highway=trunk motorroad=yes sidewalk=no", None),
        ("highway=primary motorroad=no", ("street", "public")),
        # ways drawn through a gate
        ("highway=footway barrier=gate", ("footway", "public")),
        ("highway=footway barrier=gate access=no", ("footway", "closed")),
        ("highway=footway barrier=gate locked=yes", ("footway", "closed")),
        ("highway=footway barrier=gate locked=yes foot=yes", ("footway", "public")),
        ("highway=footway barrier=kerb locked=yes", ("footway", "public")),
        # walked when invited
        ("highway=motorway", None),
        ("highway=trunk", None),
        ("highway=trunk_link", None),
        ("highway=trunk foot=yes", ("street", "public")),
        ("highway=trunk sidewalk=both", ("street", "public")),
        ("highway=motorway_link foot=designated", ("street", "public")),
        ("highway=busway", None),
        ("highway=cycleway", None),
        ("highway=cycleway sidewalk=both", None),
        ("highway=cycleway foot=designated", ("cycleway", "public")),
        ("highway=cycleway foot=yes", ("cycleway", "public")),
        ("highway=cycleway foot=no", None),
        ("highway=cycleway access=permissive", ("cycleway", "public")),
        ("highway=cycleway access=private", None),
        ("highway=motorway access=yes", None),
        # never
        ("highway=construction", None),
        ("highway=proposed", None),
        ("highway=abandoned", None),
        ("highway=corridor", None),
        ("highway=elevator", None),
        ("highway=raceway", None),
        ("highway=rest_area foot=yes", None),
        ("building=yes", None),
        # oneway and motor vehicles are none of our business
        ("highway=residential oneway=yes", ("street", "public")),
        ("highway=pedestrian motor_vehicle=no", ("pedestrian", "public")),
        # bridges and tunnels of people, not of streets
        ("highway=footway bridge=yes", ("bridge", "public")),
        ("highway=footway tunnel=yes", ("tunnel", "public")),
        ("highway=footway tunnel=building_passage", ("footway", "public")),
        ("highway=primary bridge=yes", ("street", "public")),
        ("highway=footway bridge=no", ("footway", "public")),
    ],
)
def test_kind_and_access(text, expected):
    found = classify(tags(text))
    assert (None if found is None else (found.kind, found.access)) == expected


def test_only_steps_are_steps():
    assert classify(tags("highway=steps conveying=yes")).steps
    assert classify(tags("highway=steps bridge=yes")).kind == "steps"
    assert classify(tags("highway=footway;steps")).steps
    assert not classify(tags("highway=footway step_count=3")).steps


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("", 0),
        ("level=2", 2),
        ("level=0;1", 0.5),
        ("level=ground layer=1", 0),  # layer is what is drawn on top, no storey
        ("level=ground layer=1 bridge=yes", 1),
        ("level=1 layer=3", 1),
        ("layer=-1", 0),
        ("layer=-2 tunnel=yes", -2),
        ("layer=-1 bridge=yes", 1),
        ("layer=1 covered=yes", 0),
        ("layer=nan", 0),
        ("layer=99999 bridge=yes", 1),
        ("bridge=yes", 1),
        ("bridge=viaduct layer=2", 2),
        ("tunnel=yes", -1),
        ("tunnel=building_passage", 0),
        ("bridge=no tunnel=no", 0),
    ],
)
def test_level(text, level):
    assert level_of(tags(text)) == level


@pytest.mark.parametrize(
    ("text", "access", "gate"),
    [
        ("barrier=gate", "public", True),
        ("barrier=lift_gate", "public", True),
        ("barrier=swing_gate access=private", "members", True),
        ("barrier=gate access=private foot=yes", "public", True),
        ("barrier=gate foot=no", "closed", True),
        ("barrier=gate locked=yes", "closed", True),
        ("barrier=gate locked=yes access=residents", "members", True),
        ("barrier=wall", "closed", True),
        ("barrier=fence foot=yes", "public", False),
        ("barrier=bollard", "public", False),
        ("barrier=bollard foot=no", "closed", True),
        ("barrier=kerb", "public", False),
        ("barrier=something_new", "public", False),
    ],
)
def test_barrier_nodes(text, access, gate):
    assert barrier_access(tags(text)) == access
    assert is_gate(tags(text)) is gate


DAILY = "Mo,Tu,We,Th,Fr,Sa,Su"


@pytest.mark.parametrize(
    ("access", "key", "value", "expected"),
    [
        ("public", "opening_hours", "06:00-22:00", ("public", "06:00-22:00", None)),
        ("members", "opening_hours", "06:00-22:00", ("members", "06:00-22:00", None)),
        ("closed", "opening_hours", "06:00-22:00", ("closed", None, None)),
        ("public", "opening_hours", "de sol a sol", ("public", None, "de sol a sol")),
        # closed at hours: what is left of the week
        ("public", "foot:conditional", "no @ (21:00-06:00)", ("public", f"{DAILY} 06:00-21:00", None)),
        ("public", "access:conditional", "no @ 22:00-24:00", ("public", f"{DAILY} 00:00-22:00", None)),
        ("public", "foot:conditional", "No @ (Fr 22:00-06:00)",
         ("public", "Mo,Tu,We,Th,Su 00:00-24:00; Fr 00:00-22:00; Sa 06:00-24:00", None)),
        ("public", "foot:conditional", "no @ (00:00-24:00); yes @ (08:00-09:00)",
         ("public", f"{DAILY} 08:00-09:00", None)),
        ("members", "access:conditional", "no @ (00:00-05:00)", ("members", f"{DAILY} 05:00-24:00", None)),
        ("public", "access:conditional", "yes @ (08:00-18:00)", ("public", None, None)),
        ("public", "access:conditional", "no @ (00:00-24:00)", ("closed", None, None)),
        # open at hours
        ("closed", "access:conditional", "yes @ (Apr-Oct 08:00-18:00)", ("public", "Apr-Oct 08:00-18:00", None)),
        ("closed", "foot:conditional", "designated @ Mo-Fr 08:00-18:00", ("public", "Mo-Fr 08:00-18:00", None)),
        # what cannot be read, or not be said: as the tag without hours says
        ("public", "foot:conditional", "no @ (snow)", ("public", None, "no @ (snow)")),
        ("public", "foot:conditional", "no @ (22:00-06:00); no @ (wet)", ("public", None, "no @ (22:00-06:00); no @ (wet)")),
        ("public", "foot:conditional", "no @ (Nov-Mar 18:00-06:00)", ("public", None, "no @ (Nov-Mar 18:00-06:00)")),
        ("public", "foot:conditional", "no @ (PH)", ("public", None, "no @ (PH)")),
        ("public", "foot:conditional", "no", ("public", None, "no")),
        ("public", "access:conditional", "private @ (22:00-06:00)", ("public", None, "private @ (22:00-06:00)")),
        ("members", "access:conditional", "yes @ (08:00-18:00)", ("members", None, "yes @ (08:00-18:00)")),
    ],
)  # fmt: skip
def test_who_may_pass_at_which_hours(access, key, value, expected):
    assert at_hours({key: value}, access) == expected


def test_what_is_said_of_people_on_foot_counts_before_what_is_said_of_all():
    night = "no @ (22:00-06:00)"
    assert at_hours({"foot": "yes", "access:conditional": night}, "public").hours is None
    assert at_hours({"foot": "yes", "foot:conditional": night}, "public").hours is not None
    found = classify({"highway": "footway", "foot": "no", "foot:conditional": "yes @ (06:00-22:00)"})
    assert (found.access, found.hours) == ("public", "06:00-22:00")
    assert is_gate({"barrier": "bollard", "foot:conditional": night})
