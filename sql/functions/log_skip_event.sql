-- Leaves one version of a match out of every fold from now on; audited. was_folded: it is in the stored values, which
-- have to be corrected. Raises TL404 for a version the log does not hold, TL409 for one that cannot be skipped.
CREATE OR REPLACE FUNCTION log.skip_event(p_match_id text, p_version bigint, p_reason text, p_principal text)
RETURNS TABLE (source_event_id text, was_folded boolean) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    v_event  log.feed_event;
    v_scored bigint := log.skip_retry(p_match_id);
BEGIN
    SELECT * INTO v_event FROM log.feed_event f WHERE f.match_id = p_match_id AND f.version = p_version;
    IF v_event.version IS NULL THEN
        RAISE EXCEPTION 'the log of match % holds no version %', p_match_id, p_version USING ERRCODE = 'TL404';
    END IF;
    IF NOT v_event.effective THEN
        RAISE EXCEPTION 'it came already overtaken and is not folded anyway' USING ERRCODE = 'TL409';
    END IF;
    INSERT INTO log.skipped AS k (match_id, version, source_event_id, reason, principal)
    VALUES (p_match_id, p_version, v_event.source_event_id, p_reason, p_principal)
    ON CONFLICT (match_id, version) WHERE undone_at IS NULL DO NOTHING;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'it is skipped already' USING ERRCODE = 'TL409';
    END IF;
    INSERT INTO ops.audit (principal, action, match_id, details)
    VALUES (p_principal, 'skip', p_match_id,
            jsonb_build_object('version', p_version, 'source_event_id', v_event.source_event_id, 'reason', p_reason));
    -- Whoever decides corrects them at once; a worker does it where he cannot.
    IF p_version <= v_scored THEN
        UPDATE ops.cursor c SET recompute_at = clock_timestamp() + INTERVAL '10 seconds',
                                recompute_versions = c.recompute_versions || p_version
        WHERE c.match_id = p_match_id AND c.pipeline = 'live';
    END IF;
    RETURN QUERY SELECT v_event.source_event_id, p_version <= v_scored;
END
$$;
