"""Claim, fold, score, commit; rebuild and compare. Signals, facts and cursor in one transaction."""
