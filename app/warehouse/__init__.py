"""The star schema and the rollups."""
