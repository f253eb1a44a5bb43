"""The event log: append, read, control events, ingest, replay. The only writer of the schema `log`."""
