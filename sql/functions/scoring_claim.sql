-- Leases up to p_limit matches that have unscored versions (or values to compute anew, or owed), live ones before imports, what
-- matters most first. Skips what others hold, and takes no more than this worker's fair share of all active matches
-- while others live; what it holds already is its own in any case. p_matches: of these alone; null for all.
CREATE OR REPLACE FUNCTION ops.claim(
    p_pipeline text, p_worker text, p_lease_s double precision, p_limit integer, p_matches text[]
)
RETURNS TABLE (match_id text, version bigint, head bigint, lease_epoch bigint, importance integer, is_import boolean,
               recompute boolean, owed text[])
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH active AS MATERIALIZED (
        SELECT c.match_id, c.version, c.lease_owner, m.version AS head, m.newest_important, m.origin = 'import' AS is_import,
               coalesce(c.recompute_at <= clock_timestamp(), false) AS recompute, c.owed <> '{}' AS owes,
               c.retry_at IS NULL OR c.retry_at NOT BETWEEN clock_timestamp()
                                                       AND clock_timestamp() + INTERVAL '300 seconds' AS may_try,
               ops.leased(c.lease_renewed_at, c.lease_expires_at) AS leased
        FROM ops.cursor c JOIN log.match m USING (match_id)
        WHERE c.pipeline = p_pipeline
          AND (m.version > c.version OR c.recompute_at IS NOT NULL OR c.owed <> '{}' OR ops.leased(c.lease_renewed_at, c.lease_expires_at))
    ), share AS (
        SELECT ceil(count(*)::numeric / greatest((SELECT count(*) FROM ops.worker w
                                                  WHERE w.seen_at BETWEEN clock_timestamp() - INTERVAL '2.5 seconds'
                                                                    AND clock_timestamp() + INTERVAL '2.5 seconds'), 1))
               - count(*) FILTER (WHERE leased AND lease_owner = p_worker) AS more
        FROM active
    ), wanted AS (
        SELECT a.match_id, a.head, a.is_import, a.recompute,
               CASE WHEN a.newest_important[3] > a.version THEN 3 WHEN a.newest_important[2] > a.version THEN 2
                    WHEN a.newest_important[1] > a.version THEN 1 ELSE 0 END AS importance,
               leased AND lease_owner = p_worker AS own
        FROM active a
        WHERE (a.head > a.version OR a.recompute OR a.owes) AND a.may_try AND (NOT a.leased OR a.lease_owner = p_worker)
          AND (p_matches IS NULL OR a.match_id = ANY (p_matches))
    ), free AS (
        -- Two workers that look at the same moment begin at different ends, or one would come away with nothing.
        SELECT w.*, row_number() OVER (PARTITION BY w.own ORDER BY w.is_import, w.importance DESC,
                                                                   hashtext(w.match_id || p_worker)) AS place
        FROM wanted w
    ), taken AS (
        SELECT c.match_id, f.head, f.importance, f.is_import, f.recompute
        FROM ops.cursor c JOIN free f USING (match_id)
        WHERE c.pipeline = p_pipeline AND (f.own OR f.place <= (SELECT more FROM share))
          AND (c.lease_owner = p_worker OR NOT ops.leased(c.lease_renewed_at, c.lease_expires_at))
        ORDER BY f.own, f.is_import, f.importance DESC
        LIMIT p_limit
        FOR UPDATE OF c SKIP LOCKED
    )
    UPDATE ops.cursor c
    SET lease_owner = p_worker,
        lease_epoch = c.lease_epoch + (c.lease_owner IS DISTINCT FROM p_worker)::int,
        lease_renewed_at = clock_timestamp(), lease_expires_at = clock_timestamp() + make_interval(secs => p_lease_s)
    FROM taken t
    WHERE c.pipeline = p_pipeline AND c.match_id = t.match_id
    RETURNING c.match_id, c.version, t.head, c.lease_epoch, t.importance, t.is_import, t.recompute, c.owed;
END
$$;
