-- Lets a match be scored anew at once: it waits for no back-off, and whoever folds it now has lost its lease, for its
-- fold may hold what is skipped by now. Returns the version it is scored to, null for an unknown match.
-- Takes the cursor first, as a commit does. Notifies as an append of the highest importance does: somebody waits.
CREATE OR REPLACE FUNCTION log.skip_retry(p_match_id text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_scored bigint;
    v_head   bigint;
BEGIN
    UPDATE ops.cursor c
    SET lease_owner = NULL, lease_epoch = c.lease_epoch + 1, lease_expires_at = NULL,
        parked_at = NULL, parked_reason = NULL, parked_version = NULL, attempts = 0, retry_at = NULL
    WHERE c.match_id = p_match_id;
    SELECT c.version, m.version INTO v_scored, v_head
    FROM ops.cursor c JOIN log.match m USING (match_id) WHERE c.match_id = p_match_id AND c.pipeline = 'live';
    IF v_head IS NOT NULL THEN
        PERFORM pg_notify('touchline_log', p_match_id || ',' || v_head || ',' || v_head || ',3');
    END IF;
    RETURN v_scored;
END
$$;
