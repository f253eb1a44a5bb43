"""Touchline: live sports signals in one PostgreSQL. Data goes feeds → log → scoring → warehouse, live → api."""

__version__ = "0.1.0"
