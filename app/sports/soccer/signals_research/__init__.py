"""Signals whose model is never part of the package, being trained on data for research alone: deployed by hand, with
weights of one's own (docs/models.md)."""
