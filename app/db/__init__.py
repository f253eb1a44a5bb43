"""PostgreSQL: the embedded server, pools, the listener, named SQL."""
