-- Moves the cursors of matches on, and says of which. Fenced: a cursor moves only for the lease epoch and from the
-- version that the scorer started from, and never beyond the log; a match that is not named in the answer belongs to
-- somebody else now. All rows are locked first and in one order, before any other lock of a commit is taken.
CREATE OR REPLACE FUNCTION signal.advance(
    p_pipeline text, p_match_id text[], p_epoch bigint[], p_from bigint[], p_to bigint[], p_lease_s double precision
) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY
    WITH mine AS MATERIALIZED (
        SELECT c.match_id, t.since, t.upto
        FROM unnest(p_match_id, p_epoch, p_from, p_to) AS t (match_id, epoch, since, upto)
        JOIN ops.cursor c ON c.pipeline = p_pipeline AND c.match_id = t.match_id AND c.lease_epoch = t.epoch
                         AND c.version = t.since
        WHERE t.upto <= (SELECT m.version FROM log.match m WHERE m.match_id = t.match_id)
        ORDER BY c.match_id
        FOR UPDATE OF c
    )
    UPDATE ops.cursor c
    SET version = m.upto, lease_renewed_at = clock_timestamp(),
        lease_expires_at = clock_timestamp() + make_interval(secs => p_lease_s),
        -- Who commits what was known already has computed it anew.
        recompute_at = CASE WHEN m.upto > m.since THEN c.recompute_at END,
        parked_at = NULL, parked_reason = NULL, parked_version = NULL, attempts = 0, retry_at = NULL
    FROM mine m
    WHERE c.pipeline = p_pipeline AND c.match_id = m.match_id
    RETURNING c.match_id;
END
$$;
