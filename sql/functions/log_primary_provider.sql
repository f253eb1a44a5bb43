-- Whose event stream is folded: the provider that the newest primary_stream control names, else the first to come.
-- p_until: as it was known at this log version; null for now.
CREATE OR REPLACE FUNCTION log.primary_provider(p_match_id text, p_until bigint DEFAULT NULL) RETURNS text
LANGUAGE plpgsql STABLE AS $$
-- plpgsql, as a session plans it once: it is asked with every read of the log.
BEGIN
    RETURN coalesce(
            (SELECT f.fields ->> 'provider' FROM log.feed_event f
             WHERE f.match_id = p_match_id AND f.control AND f.type = 'primary_stream' AND f.effective
               AND (p_until IS NULL OR f.version <= p_until)
               AND NOT EXISTS (SELECT FROM log.skipped k
                               WHERE k.match_id = p_match_id AND k.version = f.version AND k.undone_at IS NULL)
             ORDER BY f.version DESC LIMIT 1),
            (SELECT s.provider FROM log.stream s WHERE s.match_id = p_match_id AND s.is_primary));
END
$$;
