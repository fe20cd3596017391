"""Scenes: what a community does for whom and when, and which services that takes at a station."""

from workbench.scenes.catalogue import (
    Catalogue,
    Scene,
    Service,
    catalogue,
    read_catalogue,
    service_problems,
    services_of,
)

__all__ = ["Catalogue", "Scene", "Service", "catalogue", "read_catalogue", "service_problems", "services_of"]
