"""What many files of these tests read and none changes: made once in a process."""

from tests.star_kit import star

__all__ = ["star"]
