-- Removes one replay or simulation with all that came of it. A real match is never purged.
CREATE OR REPLACE FUNCTION log.purge_match(p_match_id text, p_principal text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    v_origin text;
BEGIN
    -- As a commit does: the cursor first. One that is under way ends before us, a later one finds no lease.
    PERFORM 1 FROM ops.cursor WHERE match_id = p_match_id FOR UPDATE;
    SELECT origin INTO v_origin FROM log.match WHERE match_id = p_match_id FOR UPDATE;
    IF v_origin IS NULL THEN
        RETURN false;
    END IF;
    IF v_origin NOT IN ('replay', 'simulation') THEN
        RAISE EXCEPTION 'match % is %, only replays and simulations can be purged', p_match_id, v_origin
            USING ERRCODE = 'TL409';
    END IF;
    PERFORM set_config('touchline.purging', 'on', true);
    INSERT INTO rollup.dirty (source, match_id, bucket)
        SELECT 'signal.point', p_match_id, time_bucket('1 minute', p.occurred_at)
        FROM signal.point p WHERE p.match_id = p_match_id GROUP BY 3;
    INSERT INTO rollup.dirty (source, match_id, bucket)
        SELECT 'log.feed_event', p_match_id, time_bucket('1 minute', e.recorded_at)
        FROM log.feed_event e WHERE e.match_id = p_match_id GROUP BY 3;
    DELETE FROM signal.point WHERE match_id = p_match_id;
    DELETE FROM signal.publication WHERE match_id = p_match_id;
    DELETE FROM log.feed_event WHERE match_id = p_match_id;
    DELETE FROM log.tracking_frame WHERE match_id = p_match_id;
    DELETE FROM log.odds_tick WHERE match_id = p_match_id;
    DELETE FROM log.quarantine WHERE match_id = p_match_id;
    DELETE FROM log.skipped WHERE match_id = p_match_id;
    DELETE FROM log.match WHERE match_id = p_match_id;
    INSERT INTO ops.audit (principal, action, match_id) VALUES (p_principal, 'purge', p_match_id);
    PERFORM set_config('touchline.purging', 'off', true);
    RETURN true;
END
$$;
