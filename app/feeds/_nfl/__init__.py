"""The NFL's game details, taken apart."""
