"""Space that a timetable leaves, given to operators who owe public service for it (以场地换服务)."""

from workbench.rooms.exchange.result import ExchangeResult, exchange_space

__all__ = ["ExchangeResult", "exchange_space"]
