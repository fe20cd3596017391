"""Activities that go to another centre within a walk, where more is then served or released."""

from workbench.rooms.linking.result import LinkedResult, link_centres

__all__ = ["LinkedResult", "link_centres"]
