"""Pure descriptions of sports: no I/O, no clock, no randomness. One folder a sport."""
