-- Finds or makes a match and one of its streams. The first event stream of a match is its primary one.
-- anchor_at is fixed by whoever comes first: a stated kick-off, else this moment.
CREATE OR REPLACE FUNCTION log.open_stream(
    p_match_id text, p_sport text, p_origin text, p_replay_of text, p_kickoff_at timestamptz,
    p_provider text, p_provider_match_id text, p_role text, p_connection text, p_options jsonb, p_principal text
) RETURNS TABLE (stream_id integer, sport text, origin text, anchor_at timestamptz, anchor_source text, options jsonb)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    INSERT INTO log.match AS m (match_id, sport, origin, replay_of, anchor_at, anchor_source, principal)
    VALUES (p_match_id, p_sport, p_origin, p_replay_of, coalesce(p_kickoff_at, clock_timestamp()),
            CASE WHEN p_kickoff_at IS NULL THEN 'first_append' ELSE 'kickoff' END, p_principal)
    ON CONFLICT (match_id) DO NOTHING;
    INSERT INTO ops.cursor (match_id, pipeline) VALUES (p_match_id, 'live') ON CONFLICT DO NOTHING;
    PERFORM 1 FROM log.match m WHERE m.match_id = p_match_id FOR UPDATE;
    INSERT INTO log.stream AS s (match_id, provider, provider_match_id, role, connection, is_primary, options)
    VALUES (p_match_id, p_provider, p_provider_match_id, p_role, p_connection,
            p_role = 'events' AND NOT EXISTS (SELECT 1 FROM log.stream x WHERE x.match_id = p_match_id AND x.is_primary),
            -- A second connection of a provider decodes as the first one does.
            coalesce((SELECT x.options FROM log.stream x WHERE x.match_id = p_match_id AND x.provider = p_provider
                        AND x.role = p_role ORDER BY x.stream_id LIMIT 1), p_options))
    ON CONFLICT (match_id, provider, role, connection) DO NOTHING;
    RETURN QUERY
        SELECT s.stream_id, m.sport, m.origin, m.anchor_at, m.anchor_source, s.options
        FROM log.match m JOIN log.stream s USING (match_id)
        WHERE m.match_id = p_match_id AND s.provider = p_provider AND s.role = p_role AND s.connection = p_connection;
END
$$;
