"""Functions of rooms: what takes place in them, what that needs, and what goes together."""

from workbench.functions.catalogue import Catalogue, Function, RoomWord, catalogue, parts_of, read_catalogue
from workbench.functions.ledgers import room_problems

__all__ = ["Catalogue", "Function", "RoomWord", "catalogue", "parts_of", "read_catalogue", "room_problems"]
