-- What one turn of the feature pipeline made of a match: cursor, history, online rows and the word to the caches, in one
-- statement. False, and nothing written, where the lease or the cursor belongs to somebody else by now.
--
-- One element a row of history (p_history_…) or online (p_online_…): numbers as the text of an array. p_gone: entities that
-- a correction took out of the match: what their match before had left takes the place of their online rows.
-- The first migration makes every function, before the files of later schemas.
CREATE SCHEMA IF NOT EXISTS feature;
CREATE OR REPLACE FUNCTION feature.commit(
    p_match_id text, p_epoch bigint, p_from bigint, p_to bigint, p_lease_s double precision,
    p_history_kind text[], p_history_id text[], p_history_at timestamptz[], p_history_created timestamptz[],
    p_history_version bigint[], p_history_numbers text[],
    p_online_kind text[], p_online_id text[], p_online_at timestamptz[], p_online_numbers text[],
    p_gone_kind text[], p_gone_id text[]
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    v_sport text;
BEGIN
    SELECT m.sport INTO v_sport
    FROM ops.cursor c JOIN log.match m USING (match_id)
    WHERE c.pipeline = 'features' AND c.match_id = p_match_id AND c.lease_epoch = p_epoch AND c.version = p_from
      AND m.version >= p_to
    FOR UPDATE OF c;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE ops.cursor c
    SET version = p_to, lease_renewed_at = clock_timestamp(), recompute_at = NULL,
        lease_expires_at = clock_timestamp() + make_interval(secs => p_lease_s),
        parked_at = NULL, parked_reason = NULL, parked_version = NULL, attempts = 0, retry_at = NULL
    WHERE c.pipeline = 'features' AND c.match_id = p_match_id;

    INSERT INTO feature.history (event_timestamp, created_timestamp, sport, entity_kind, entity_id, match_id, version, numbers)
        SELECT at, created, v_sport, kind, id, p_match_id, version, numbers::double precision[]
        FROM unnest(p_history_kind, p_history_id, p_history_at, p_history_created, p_history_version, p_history_numbers)
            AS t (kind, id, at, created, version, numbers);

    -- A match that was played earlier and is taken in later does not take the place of the newer one.
    INSERT INTO feature.online AS o (sport, entity_kind, entity_id, match_id, event_timestamp, version, numbers, updated_at)
        SELECT v_sport, kind, id, p_match_id, at, p_to, numbers::double precision[], clock_timestamp()
        FROM unnest(p_online_kind, p_online_id, p_online_at, p_online_numbers) AS t (kind, id, at, numbers)
        ORDER BY kind, id
    ON CONFLICT (entity_kind, entity_id, sport) DO UPDATE
        SET match_id = excluded.match_id, event_timestamp = excluded.event_timestamp, version = excluded.version,
            numbers = excluded.numbers, updated_at = excluded.updated_at
        WHERE o.match_id = excluded.match_id OR o.event_timestamp <= excluded.event_timestamp;

    DELETE FROM feature.online o USING unnest(p_gone_kind, p_gone_id) AS g (kind, id)
    WHERE o.entity_kind = g.kind AND o.entity_id = g.id AND o.sport = v_sport AND o.match_id = p_match_id;
    INSERT INTO feature.online (sport, entity_kind, entity_id, match_id, event_timestamp, version, numbers, updated_at)
        SELECT v_sport, g.kind, g.id, h.match_id, h.event_timestamp, h.version, h.numbers, clock_timestamp()
        FROM unnest(p_gone_kind, p_gone_id) AS g (kind, id)
        CROSS JOIN LATERAL (SELECT * FROM feature.history h
                            WHERE h.sport = v_sport AND h.entity_kind = g.kind AND h.entity_id = g.id
                              AND h.match_id <> p_match_id
                            ORDER BY h.event_timestamp DESC, h.created_timestamp DESC, h.version DESC LIMIT 1) h
    ON CONFLICT DO NOTHING;

    -- A notification holds 8,000 bytes; ids have any length.
    PERFORM pg_notify('touchline_feature', jsonb_agg(told)::text)
    FROM (SELECT told, sum(octet_length(told::text) + 2) OVER (ORDER BY kind, id) / 4000 AS part
          FROM (SELECT kind, id, jsonb_build_array(v_sport, kind, id) AS told
                FROM (SELECT * FROM unnest(p_online_kind, p_online_id)
                      UNION SELECT * FROM unnest(p_gone_kind, p_gone_id)) AS e (kind, id)) n) t
    GROUP BY part;
    RETURN true;
END
$$;
