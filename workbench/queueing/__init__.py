"""How long people wait at windows: closed forms where they hold, simulated weeks where not; knows no district."""
