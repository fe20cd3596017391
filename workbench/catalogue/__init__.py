"""What the house knows: standards, scenes, functions of rooms, tables and terms; most of it is data."""
