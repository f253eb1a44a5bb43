-- The events of a match as they are known now: the newest effective revision of each identity of the folded
-- stream, without retracted ones; what an operator has skipped counts as if it had not come. p_source_event_ids:
-- null for all. p_until: as they were known at this log version; null for now.
CREATE OR REPLACE FUNCTION log.current_event(
    p_match_id text, p_source_event_ids text[] DEFAULT NULL, p_until bigint DEFAULT NULL
) RETURNS SETOF log.feed_event LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_skipped bigint[] := ARRAY(SELECT k.version FROM log.skipped k WHERE k.match_id = p_match_id AND k.undone_at IS NULL);
    v_streams integer[] := ARRAY(SELECT s.stream_id FROM log.stream s
                                 WHERE s.match_id = p_match_id AND s.role = 'events'
                                   AND s.provider = log.primary_provider(p_match_id, p_until));
BEGIN
    IF p_source_event_ids IS NULL THEN
        RETURN QUERY
            SELECT e.* FROM (
                SELECT DISTINCT ON (f.control, f.source_event_id) f.*
                FROM log.feed_event f
                WHERE f.match_id = p_match_id AND f.effective AND (p_until IS NULL OR f.version <= p_until)
                  AND f.version <> ALL (v_skipped) AND (f.control OR f.stream_id = ANY (v_streams))
                ORDER BY f.control, f.source_event_id, f.version DESC
            ) e
            WHERE e.kind <> 'retracted';
    ELSE
        -- A few of them: each is looked up in the index, whatever the statistics say.
        RETURN QUERY
            SELECT e.* FROM (SELECT DISTINCT t.id FROM unnest(p_source_event_ids) AS t (id)) named
            CROSS JOIN (VALUES (false), (true)) AS side (control)
            CROSS JOIN LATERAL (
                SELECT f.* FROM log.feed_event f
                WHERE f.match_id = p_match_id AND f.source_event_id = named.id AND f.control = side.control
                  AND f.effective AND (p_until IS NULL OR f.version <= p_until)
                  AND f.version <> ALL (v_skipped) AND (f.control OR f.stream_id = ANY (v_streams))
                ORDER BY f.version DESC LIMIT 1
            ) e
            WHERE e.kind <> 'retracted';
    END IF;
END
$$;
