-- Takes a skipped version back into the fold; audited. was_folded: the stored values are beyond it and have to be
-- corrected. Raises TL404 for a version the log does not hold, TL409 for one that is not skipped.
CREATE OR REPLACE FUNCTION log.skip_undo(p_match_id text, p_version bigint, p_reason text, p_principal text)
RETURNS TABLE (source_event_id text, was_folded boolean) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    v_name   text;
    v_scored bigint := log.skip_retry(p_match_id);
BEGIN
    UPDATE log.skipped k SET undone_at = clock_timestamp(), undone_by = p_principal, undone_reason = p_reason
    WHERE k.match_id = p_match_id AND k.version = p_version AND k.undone_at IS NULL
    RETURNING k.source_event_id INTO v_name;
    IF v_name IS NULL THEN
        IF NOT EXISTS (SELECT 1 FROM log.feed_event f WHERE f.match_id = p_match_id AND f.version = p_version) THEN
            RAISE EXCEPTION 'the log of match % holds no version %', p_match_id, p_version USING ERRCODE = 'TL404';
        END IF;
        RAISE EXCEPTION 'it is not skipped' USING ERRCODE = 'TL409';
    END IF;
    INSERT INTO ops.audit (principal, action, match_id, details)
    VALUES (p_principal, 'unskip', p_match_id,
            jsonb_build_object('version', p_version, 'source_event_id', v_name, 'reason', p_reason));
    -- Whoever decides corrects them at once; a worker does it where he cannot.
    IF p_version <= v_scored THEN
        UPDATE ops.cursor c SET recompute_at = clock_timestamp() + INTERVAL '10 seconds',
                                recompute_versions = c.recompute_versions || p_version
        WHERE c.match_id = p_match_id AND c.pipeline = 'live';
    END IF;
    RETURN QUERY SELECT v_name, p_version <= v_scored;
END
$$;
