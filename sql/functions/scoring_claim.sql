-- Leases up to p_limit matches that have unscored versions, the longest waiting first. Skips what others hold.
CREATE OR REPLACE FUNCTION ops.claim(p_pipeline text, p_worker text, p_lease_s double precision, p_limit integer)
RETURNS TABLE (match_id text, version bigint, head bigint, lease_epoch bigint) LANGUAGE sql AS $$
    WITH waiting AS (
        SELECT c.match_id, m.version AS head
        FROM ops.cursor c JOIN log.match m USING (match_id)
        WHERE c.pipeline = p_pipeline AND m.version > c.version
          AND (c.lease_owner = p_worker OR c.lease_expires_at IS NULL OR c.lease_expires_at < clock_timestamp())
          AND (c.retry_at IS NULL OR c.retry_at <= clock_timestamp())
        ORDER BY c.lease_expires_at NULLS FIRST
        LIMIT p_limit
        FOR UPDATE OF c SKIP LOCKED
    )
    UPDATE ops.cursor c
    SET lease_owner = p_worker,
        lease_epoch = c.lease_epoch + (c.lease_owner IS DISTINCT FROM p_worker)::int,
        lease_expires_at = clock_timestamp() + make_interval(secs => p_lease_s)
    FROM waiting w
    WHERE c.pipeline = p_pipeline AND c.match_id = w.match_id
    RETURNING c.match_id, c.version, w.head, c.lease_epoch;
$$;
