"""Batch work: training models and measuring them. Frames in, frames out; nothing here runs while a match is live.

`analytics.train.run` trains and writes a model, `analytics.quality.run` measures the committed ones.
"""
