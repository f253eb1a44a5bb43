"""Signals computed a second time, from the whole log at once, to check what is on the air against.

Polars expressions over the events of a match, written from the definitions (docs/signals.md) and on purpose without the
fold, its state or its features: what both get wrong has to be wrong twice. Model signals use the committed models.
`analytics.batch.matches.values` computes a match; `analytics.backfill` many of them.
"""
