-- fact: fact_lineup_stint
-- kept: once a match is over
-- Grain: one stay of a player on the pitch. Who is on it is what the fold says (app/sports/soccer/state.py).
CREATE TABLE mart.lineup_stint (
    match_key      integer NOT NULL REFERENCES mart.dim_match (match_key) ON DELETE CASCADE,
    team_key       integer NOT NULL,
    player_key     integer NOT NULL,
    stint          smallint NOT NULL,
    is_starter     boolean NOT NULL,
    position       text,
    shirt          smallint,
    on_event_id    text NOT NULL,
    off_event_id   text,
    on_reason      text NOT NULL,
    off_reason     text,
    on_period      smallint NOT NULL,
    on_elapsed_s   double precision NOT NULL,
    off_period     smallint,
    off_elapsed_s  double precision,
    on_played_min  double precision NOT NULL,
    off_played_min double precision NOT NULL,
    minutes        double precision NOT NULL,
    PRIMARY KEY (match_key, team_key, player_key, stint)
);
COMMENT ON TABLE mart.lineup_stint IS 'Kept rows of mart.fact_lineup_stint; read that';
COMMENT ON COLUMN mart.lineup_stint.match_key IS 'mart.dim_match';
COMMENT ON COLUMN mart.lineup_stint.team_key IS 'mart.dim_team: whom the player plays for';
COMMENT ON COLUMN mart.lineup_stint.player_key IS 'mart.dim_player';
COMMENT ON COLUMN mart.lineup_stint.stint IS 'From 1: which stay of the player in this match';
COMMENT ON COLUMN mart.lineup_stint.is_starter IS 'Began with a line-up';
COMMENT ON COLUMN mart.lineup_stint.position IS 'As the line-up says, in the provider''s words; null for who came on later';
COMMENT ON COLUMN mart.lineup_stint.shirt IS 'Number, where the line-up says it';
COMMENT ON COLUMN mart.lineup_stint.on_event_id IS 'The event that brought the player on';
COMMENT ON COLUMN mart.lineup_stint.off_event_id IS 'The event that took the player off; null for who is on the pitch to the end';
COMMENT ON COLUMN mart.lineup_stint.on_reason IS 'lineup, substitution or player_on';
COMMENT ON COLUMN mart.lineup_stint.off_reason IS 'substitution, player_off, card or lineup (a later one without the player); null to the end';
COMMENT ON COLUMN mart.lineup_stint.on_period IS 'Period in which it began';
COMMENT ON COLUMN mart.lineup_stint.on_elapsed_s IS 'Match clock when it began, seconds';
COMMENT ON COLUMN mart.lineup_stint.off_period IS 'Period in which it ended; null to the end';
COMMENT ON COLUMN mart.lineup_stint.off_elapsed_s IS 'Match clock when it ended, seconds; null to the end';
COMMENT ON COLUMN mart.lineup_stint.on_played_min IS 'Minutes that had been played when it began, stoppage time included';
COMMENT ON COLUMN mart.lineup_stint.off_played_min IS 'Minutes that had been played when it ended';
COMMENT ON COLUMN mart.lineup_stint.minutes IS 'Its length in minutes, stoppage time included, a shoot-out not';

-- How many seconds were played in the periods 1 to 4 before and up to a moment; after the whistle, in all of them.
CREATE FUNCTION mart.played_s(p_lengths double precision[], p_period integer, p_elapsed_s double precision)
RETURNS double precision LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce((SELECT sum(l) FROM unnest(p_lengths) WITH ORDINALITY AS t (l, i) WHERE i < p_period), 0)
         + CASE WHEN p_period BETWEEN 1 AND 4
                THEN greatest(p_elapsed_s - (ARRAY[0, 2700, 5400, 6300])[p_period], 0) ELSE 0 END
$$;

CREATE FUNCTION mart.lineup_stint_of(p_match_id text, p_kept boolean) RETURNS SETOF mart.lineup_stint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp ROWS 40 AS $$
DECLARE
    v_match   mart.dim_match;
    v_home    text;
    v_away    text;
    v_lengths double precision[];
    v_move    record;
    v_player  record;
    v_out     mart.lineup_stint;
    -- Of those on the pitch: team and player to where their stay began. v_stints: how many stays each has had.
    v_on      jsonb := '{}';
    v_stints  jsonb := '{}';
    v_sent    text[] := '{}';
    v_gone    text[];
    v_come    jsonb;
    v_key     text;
BEGIN
    SELECT * INTO v_match FROM mart.dim_match d WHERE d.match_id = p_match_id AND d.is_real AND d.sport = 'soccer';
    IF NOT FOUND THEN
        RETURN;
    END IF;
    SELECT home_id, away_id INTO v_home, v_away FROM signal.match_state WHERE match_id = p_match_id;
    SELECT array_agg(coalesce(l.length_s, 0) ORDER BY p) INTO v_lengths
    FROM generate_series(1, 4) AS p
    LEFT JOIN (SELECT period, max(elapsed_s) - (ARRAY[0, 2700, 5400, 6300])[period] AS length_s
               FROM mart.match_events(p_match_id, p_kept) WHERE period BETWEEN 1 AND 4 GROUP BY period) l ON l.period = p;
    FOR v_move IN
        WITH e AS MATERIALIZED (
            SELECT c.period, c.order_key, c.control, c.source_event_id, c.type, c.team_id, c.player_id, c.fields,
                   max(c.elapsed_s) FILTER (WHERE NOT c.control) OVER (
                       PARTITION BY c.period ORDER BY c.order_key, c.control, c.source_event_id COLLATE "C") AS clock_s
            FROM log.current_event(p_match_id, NULL, (
                SELECT c.version FROM ops.cursor c WHERE c.match_id = p_match_id AND c.pipeline = 'live')) c
        )
        SELECT e.*, coalesce(e.clock_s, CASE WHEN e.period BETWEEN 1 AND 4
                             THEN (ARRAY[0, 2700, 5400, 6300])[e.period] ELSE 0 END) AS at_s
        FROM e
        WHERE (e.type IN ('lineup', 'substitution', 'player_off', 'player_on')
               OR e.type IN ('card', 'foul') AND e.fields ->> 'card' IN ('red', 'second_yellow'))
          AND e.team_id IN (v_home, v_away) AND e.period <= 5
        ORDER BY e.period, e.order_key, e.control, e.source_event_id COLLATE "C"
    LOOP
        v_gone := '{}';
        v_come := '{}';
        IF v_move.type = 'lineup' THEN
            CONTINUE WHEN v_move.fields -> 'lineup' IS NULL;
            SELECT coalesce(jsonb_object_agg(l ->> 'player', l), '{}') INTO v_come
            FROM jsonb_array_elements(v_move.fields -> 'lineup') AS l;
            SELECT coalesce(array_agg(o.value ->> 'player'), '{}') INTO v_gone FROM jsonb_each(v_on) AS o
            WHERE o.value ->> 'team' = v_move.team_id AND NOT v_come ? (o.value ->> 'player');
        ELSIF v_move.type = 'substitution' THEN
            v_gone := ARRAY[v_move.player_id];
            IF v_move.fields ->> 'replacement' IS NOT NULL THEN
                v_come := jsonb_build_object(v_move.fields ->> 'replacement', '{}'::jsonb);
            END IF;
        ELSIF v_move.type = 'player_on' THEN
            CONTINUE WHEN v_move.player_id IS NULL;
            v_come := jsonb_build_object(v_move.player_id, '{}'::jsonb);
        ELSE
            v_gone := ARRAY[v_move.player_id];
            IF v_move.type IN ('card', 'foul') THEN
                -- Told with the foul and as a card of its own: whoever it is leaves once.
                CONTINUE WHEN v_move.team_id || ' ' || coalesce(v_move.player_id, v_move.source_event_id) = ANY (v_sent);
                v_sent := v_sent || (v_move.team_id || ' ' || coalesce(v_move.player_id, v_move.source_event_id));
            END IF;
        END IF;
        FOREACH v_key IN ARRAY v_gone LOOP
            CONTINUE WHEN v_key IS NULL OR NOT v_on ? (v_move.team_id || ' ' || v_key);
            v_out := jsonb_populate_record(NULL::mart.lineup_stint, v_on -> (v_move.team_id || ' ' || v_key));
            v_out.off_event_id := v_move.source_event_id;
            v_out.off_reason := CASE WHEN v_move.type = 'foul' THEN 'card' ELSE v_move.type END;
            v_out.off_period := v_move.period;
            v_out.off_elapsed_s := v_move.at_s;
            v_out.off_played_min := round((mart.played_s(v_lengths, v_move.period, v_move.at_s) / 60)::numeric, 6);
            v_out.minutes := round((v_out.off_played_min - v_out.on_played_min)::numeric, 6);
            v_on := v_on - (v_move.team_id || ' ' || v_key);
            RETURN NEXT v_out;
        END LOOP;
        FOR v_player IN SELECT c.key AS player, c.value AS said FROM jsonb_each(v_come) AS c LOOP
            v_key := v_move.team_id || ' ' || v_player.player;
            CONTINUE WHEN v_on ? v_key;
            v_out := NULL;
            v_out.match_key := v_match.match_key;
            v_out.team_key := (SELECT t.team_key FROM mart.dim_team t WHERE t.team_id = v_move.team_id);
            v_out.player_key := (SELECT p.player_key FROM mart.dim_player p WHERE p.player_id = v_player.player);
            v_out.stint := coalesce((v_stints ->> v_key)::integer, 0) + 1;
            v_out.is_starter := v_move.type = 'lineup' AND v_out.stint = 1 AND v_move.period <= 1 AND v_move.at_s = 0;
            v_out.position := v_player.said ->> 'position';
            v_out.shirt := (v_player.said ->> 'shirt')::smallint;
            v_out.on_event_id := v_move.source_event_id;
            v_out.on_reason := v_move.type;
            v_out.on_period := v_move.period;
            v_out.on_elapsed_s := v_move.at_s;
            v_out.on_played_min := round((mart.played_s(v_lengths, v_move.period, v_move.at_s) / 60)::numeric, 6);
            v_stints := v_stints || jsonb_build_object(v_key, v_out.stint);
            v_on := v_on || jsonb_build_object(v_key, to_jsonb(v_out)
                || jsonb_build_object('team', v_move.team_id, 'player', v_player.player));
        END LOOP;
    END LOOP;
    FOR v_player IN SELECT o.value FROM jsonb_each(v_on) AS o LOOP
        v_out := jsonb_populate_record(NULL::mart.lineup_stint, v_player.value);
        v_out.off_played_min := round((mart.played_s(v_lengths, 5, 0) / 60)::numeric, 6);
        v_out.minutes := round((v_out.off_played_min - v_out.on_played_min)::numeric, 6);
        RETURN NEXT v_out;
    END LOOP;
END
$$;

CREATE VIEW mart.fact_lineup_stint AS
SELECT k.match_key, k.match_id, s.team_key, s.player_key, s.stint, s.is_starter, s.position, s.shirt, s.on_event_id,
       s.off_event_id, s.on_reason, s.off_reason, s.on_period, s.on_elapsed_s, s.off_period, s.off_elapsed_s,
       s.on_played_min, s.off_played_min, s.minutes
FROM mart.kept_now k JOIN mart.lineup_stint s ON s.match_key = k.match_key WHERE k.sport = 'soccer'
UNION ALL
SELECT k.match_key, k.match_id, s.team_key, s.player_key, s.stint, s.is_starter, s.position, s.shirt, s.on_event_id,
       s.off_event_id, s.on_reason, s.off_reason, s.on_period, s.on_elapsed_s, s.off_period, s.off_elapsed_s,
       s.on_played_min, s.off_played_min, s.minutes
FROM mart.computed_now k CROSS JOIN LATERAL mart.lineup_stint_of(k.match_id, false) s WHERE k.sport = 'soccer';
COMMENT ON VIEW mart.fact_lineup_stint IS 'Grain: one stay of a player on the pitch. Empty for a match whose feed tells no line-ups';
COMMENT ON COLUMN mart.fact_lineup_stint.match_id IS 'The match''s own id';
SELECT mart.describe_as('mart.lineup_stint', 'mart.fact_lineup_stint');
