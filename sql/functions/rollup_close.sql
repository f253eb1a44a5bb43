-- Stores the minutes of a rollup over an append-only table that are over, and forgets those older than p_keep, once an
-- hour (Apache edition).
CREATE OR REPLACE FUNCTION rollup.close(p_rollup text, p_keep interval) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_ready record;
BEGIN
    SELECT * INTO v_ready FROM rollup.closing(p_rollup);
    IF v_ready.upto IS NULL THEN
        RETURN;
    END IF;
    -- A refresh of some of these minutes, as for a purge, must not write them too.
    PERFORM pg_advisory_xact_lock(7355609);
    EXECUTE format('DELETE FROM rollup.%I WHERE bucket >= $1 AND bucket < $2', p_rollup || '_store')
        USING v_ready.since, v_ready.upto;
    EXECUTE format('INSERT INTO rollup.%I SELECT * FROM rollup.%I($1, $2)', p_rollup || '_store', p_rollup || '_span')
        USING v_ready.since, v_ready.upto;
    IF time_bucket(INTERVAL '1 hour', v_ready.since) < time_bucket(INTERVAL '1 hour', v_ready.upto) THEN
        EXECUTE format('DELETE FROM rollup.%I WHERE bucket < $1', p_rollup || '_store') USING now() - p_keep;
    END IF;
    UPDATE rollup.closed c SET upto = v_ready.upto, next_upto = NULL, until_xid = NULL WHERE c.rollup = p_rollup;
END
$$;
