"""HTTP: thin controllers over log, live and warehouse. Contracts are in docs and served at /schema."""
