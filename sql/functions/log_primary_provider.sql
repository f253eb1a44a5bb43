-- Whose event stream is folded: the provider that the newest primary_stream control names, else the first to come.
-- p_until: as it was known at this log version; null for now.
CREATE OR REPLACE FUNCTION log.primary_provider(p_match_id text, p_until bigint DEFAULT NULL) RETURNS text
LANGUAGE plpgsql STABLE AS $$
-- plpgsql, as a session plans it once: it is asked with every read of the log.
DECLARE
    v_since timestamptz;
    v_until timestamptz;
BEGIN
    -- As in log.event_page: chunks of other times are not looked at.
    SELECT m.first_recorded_at - INTERVAL '1 day', m.last_recorded_at + INTERVAL '1 day' INTO v_since, v_until
    FROM log.match m WHERE m.match_id = p_match_id;
    RETURN coalesce(
            (SELECT f.fields ->> 'provider' FROM log.feed_event f
             WHERE f.match_id = p_match_id AND f.recorded_at BETWEEN v_since AND v_until
               AND f.control AND f.type = 'primary_stream' AND f.effective AND (p_until IS NULL OR f.version <= p_until)
               AND NOT EXISTS (SELECT FROM log.skipped k
                               WHERE k.match_id = p_match_id AND k.version = f.version AND k.undone_at IS NULL)
             ORDER BY f.version DESC LIMIT 1),
            (SELECT s.provider FROM log.stream s WHERE s.match_id = p_match_id AND s.is_primary));
END
$$;
