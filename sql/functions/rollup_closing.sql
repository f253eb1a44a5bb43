-- The part of a rollup over an append-only table that can be stored now: from where to where; nothing while there is none.
--
-- In two steps, a call apart: a minute that has passed is noted with a transaction id taken after it; once every older
-- transaction has ended, nobody can write into that minute any more. A clock that was put back, or a database that was
-- restored elsewhere, begins again from the time that it is: what comes then is computed from the log.
CREATE OR REPLACE FUNCTION rollup.closing(p_rollup text) RETURNS TABLE (since timestamptz, upto timestamptz)
LANGUAGE plpgsql AS $$
DECLARE
    v_at  rollup.closed;
    v_now timestamptz := time_bucket(INTERVAL '1 minute', clock_timestamp());
BEGIN
    SELECT c.* INTO v_at FROM rollup.closed c WHERE c.rollup = p_rollup AND (c.next_upto IS NOT NULL OR c.upto <> v_now)
    FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF v_now < v_at.upto OR v_now < v_at.next_upto THEN
        UPDATE rollup.closed c SET upto = least(c.upto, v_now), next_upto = NULL, until_xid = NULL WHERE c.rollup = p_rollup;
    ELSIF v_at.next_upto IS NULL OR v_at.until_xid > pg_current_xact_id() THEN
        UPDATE rollup.closed c SET next_upto = v_now, until_xid = pg_current_xact_id() WHERE c.rollup = p_rollup;
    ELSIF pg_snapshot_xmin(pg_current_snapshot()) > v_at.until_xid THEN
        RETURN QUERY SELECT v_at.upto, v_at.next_upto;
    END IF;
END
$$;
