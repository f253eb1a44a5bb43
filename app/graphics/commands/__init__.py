"""Commands to graphics engines: what was committed, posted to the engine of a match, in order, fresh or said to be stale."""
