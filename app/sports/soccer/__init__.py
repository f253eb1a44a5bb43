"""Soccer: the vocabulary of events, the fold, the features and the signals (one file each)."""
