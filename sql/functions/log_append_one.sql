-- log.append of a single event, as live feeds send them: the same guarantees at half the price where the event is new.
-- Whatever is known of already goes the long way. The arguments are those of log.append, without the brackets.
CREATE OR REPLACE FUNCTION log.append_one(
    p_match_id text, p_stream_id integer, p_mode text, p_principal text,
    p_source_event_id text, p_kind text, p_provider_revision bigint, p_type text, p_period smallint,
    p_order_key double precision, p_elapsed_s double precision, p_offset_s double precision,
    p_team_id text, p_player_id text, p_fields jsonb, p_raw bytea, p_content_hash bytea,
    p_importance smallint, p_sequence bigint, p_flush boolean
) RETURNS TABLE (first_version bigint, last_version bigint, appended integer, repeated integer)
LANGUAGE plpgsql AS $$
DECLARE
    v_version  bigint;
    v_anchor   timestamptz;
    v_provider text;
    v_role     text;
    v_now      timestamptz;
BEGIN
    SELECT s.provider, s.role INTO v_provider, v_role
    FROM log.stream s WHERE s.stream_id = p_stream_id AND s.match_id = p_match_id;
    IF v_provider IS NOT NULL AND NOT EXISTS (
        SELECT FROM log.identity i
        WHERE i.match_id = p_match_id AND i.provider = v_provider AND i.role = v_role
          AND i.source_event_id = p_source_event_id
    ) THEN
        UPDATE log.match m SET version = m.version + 1, newest_important = CASE p_importance
            WHEN 0 THEN m.newest_important
            WHEN 1 THEN ARRAY[m.version + 1, m.newest_important[2], m.newest_important[3]]
            WHEN 2 THEN ARRAY[m.newest_important[1], m.version + 1, m.newest_important[3]]
            ELSE ARRAY[m.newest_important[1], m.newest_important[2], m.version + 1] END,
            first_recorded_at = least(m.first_recorded_at, clock_timestamp()),
            last_recorded_at = greatest(m.last_recorded_at, clock_timestamp())
        FROM log.stream s
        WHERE m.match_id = p_match_id AND s.match_id = m.match_id AND s.stream_id = p_stream_id
        RETURNING m.version, m.anchor_at INTO v_version, v_anchor;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'match % has no stream %', p_match_id, p_stream_id USING ERRCODE = 'TL404';
        END IF;
        v_now := clock_timestamp();
        -- Another connection may have told of it while this one waited for the match.
        INSERT INTO log.identity (match_id, provider, role, source_event_id, revision, provider_revision, retracted,
                                  absent, amends, effective, content_hash, version)
        VALUES (p_match_id, v_provider, v_role, p_source_event_id, 1, p_provider_revision, p_kind = 'retracted',
                false, p_kind = 'amended', true, p_content_hash, v_version)
        ON CONFLICT DO NOTHING;
        IF FOUND THEN
            IF NOT p_flush THEN
                PERFORM set_config('synchronous_commit', 'off', true);
            END IF;
            INSERT INTO log.feed_event (recorded_at, match_id, version, stream_id, control, source_event_id, revision,
                                        provider_revision, kind, effective, type, period, order_key, elapsed_s,
                                        occurred_at, team_id, player_id, fields, raw, principal)
            VALUES (v_now, p_match_id, v_version, p_stream_id, v_role = 'control', p_source_event_id, 1,
                    p_provider_revision, p_kind, true, p_type, p_period, p_order_key, p_elapsed_s,
                    v_anchor + make_interval(secs => p_offset_s), p_team_id, p_player_id, p_fields, p_raw, p_principal);
            PERFORM pg_notify('touchline_log', concat_ws(',', p_match_id, v_version, v_version, p_importance));
            IF p_sequence IS NOT NULL THEN
                PERFORM log.note_sequence(p_match_id, v_provider, v_role, ARRAY[p_sequence], v_now);
            END IF;
            RETURN QUERY SELECT v_version, v_version, 1, 0;
            RETURN;
        END IF;
        -- Nobody has seen the number yet: it is given back under the same lock. What it marked as important may wait
        -- in vain until the next version: it only goes a little sooner.
        UPDATE log.match m SET version = m.version - 1 WHERE m.match_id = p_match_id;
    END IF;
    RETURN QUERY SELECT * FROM log.append(
        p_match_id, p_stream_id, p_mode, p_principal, ARRAY[p_source_event_id], ARRAY[p_kind],
        ARRAY[p_provider_revision], ARRAY[p_type], ARRAY[p_period], ARRAY[p_order_key], ARRAY[p_elapsed_s],
        ARRAY[p_offset_s], ARRAY[p_team_id], ARRAY[p_player_id], ARRAY[p_fields::text], ARRAY[p_raw],
        ARRAY[p_content_hash], ARRAY[p_importance], CASE WHEN p_sequence IS NOT NULL THEN ARRAY[p_sequence] END, p_flush);
END
$$;
