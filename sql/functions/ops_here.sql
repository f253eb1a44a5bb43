-- What tells this database from every other one, and from itself before it was restored. Fails in a standby, whose
-- timeline is not its own yet.
CREATE OR REPLACE FUNCTION ops.here(OUT system_identifier text, OUT database_oid oid, OUT timeline text)
LANGUAGE sql STABLE AS $$
    SELECT s.system_identifier::text, d.oid, left(pg_walfile_name(pg_current_wal_lsn()), 8)
    FROM pg_control_system() s, pg_database d WHERE d.datname = current_database()
$$;
