-- The epoch of stream ids: the stored one, or a new one where it was made for another database than this one is now.
--
-- p_instead_of: an epoch in which frames were read that this database has not, and which must not go on. Whoever asks
-- second gets what the first one has made: all processes agree, however many find out at one time.
CREATE OR REPLACE FUNCTION ops.epoch(p_instead_of text DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
    INSERT INTO ops.instance AS i (epoch, system_identifier, database_oid, timeline, written_by)
    SELECT left(gen_random_uuid()::text, 8), h.system_identifier, h.database_oid, h.timeline, pg_current_xact_id()::xid
    FROM ops.here() h
    ON CONFLICT (only_row) DO UPDATE SET
        epoch = CASE WHEN i.epoch IS DISTINCT FROM p_instead_of AND i.xmin = i.written_by
                          AND i.system_identifier = excluded.system_identifier
                          AND i.database_oid = excluded.database_oid AND i.timeline = excluded.timeline
                     THEN i.epoch ELSE excluded.epoch END,
        system_identifier = excluded.system_identifier, database_oid = excluded.database_oid,
        timeline = excluded.timeline, written_by = excluded.written_by
    RETURNING epoch
$$;
