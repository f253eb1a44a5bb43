-- Brings the dimensions of one match up to its newest picture. p_entities: [{"kind": "team"|"player", "id", "name"}].
-- Natural ids are looked up first, so that surrogate keys stay what they are.
CREATE OR REPLACE FUNCTION mart.refresh_dims(p_match_id text, p_state jsonb, p_entities jsonb) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    v_details jsonb := p_state -> 'details';
    v_kickoff timestamptz;
    v_date    date;
    v_key     integer;
BEGIN
    INSERT INTO mart.dim_team AS d (team_id, name)
        SELECT id, max(name) FROM jsonb_to_recordset(p_entities) AS e (kind text, id text, name text)
        WHERE kind = 'team' GROUP BY id ORDER BY id
    ON CONFLICT (team_id) DO UPDATE SET name = coalesce(excluded.name, d.name)
        WHERE excluded.name IS NOT NULL AND d.name IS DISTINCT FROM excluded.name;
    INSERT INTO mart.dim_player AS d (player_id, name)
        SELECT id, max(name) FROM jsonb_to_recordset(p_entities) AS e (kind text, id text, name text)
        WHERE kind = 'player' GROUP BY id ORDER BY id
    ON CONFLICT (player_id) DO UPDATE SET name = coalesce(excluded.name, d.name)
        WHERE excluded.name IS NOT NULL AND d.name IS DISTINCT FROM excluded.name;

    SELECT coalesce((v_details ->> 'kickoff_at')::timestamptz, anchor_at) INTO v_kickoff
    FROM log.match WHERE match_id = p_match_id;
    v_date := (v_kickoff AT TIME ZONE 'UTC')::date;
    v_key := to_char(v_date, 'YYYYMMDD')::integer;
    INSERT INTO mart.dim_date (date_key, date, year, month, day, iso_week, iso_weekday, weekday_name, is_weekend)
    VALUES (v_key, v_date, extract(year FROM v_date), extract(month FROM v_date), extract(day FROM v_date),
            extract(week FROM v_date), extract(isodow FROM v_date), to_char(v_date, 'FMDay'),
            extract(isodow FROM v_date) >= 6)
    ON CONFLICT (date_key) DO NOTHING;

    -- Looked for first: a number that is drawn and not used would be gone.
    INSERT INTO mart.dim_competition (competition)
        SELECT v_details ->> 'competition' WHERE v_details ->> 'competition' IS NOT NULL
          AND NOT EXISTS (SELECT FROM mart.dim_competition c WHERE c.competition = v_details ->> 'competition')
    ON CONFLICT (competition) DO NOTHING;
    INSERT INTO mart.dim_season (season)
        SELECT v_details ->> 'season' WHERE v_details ->> 'season' IS NOT NULL
          AND NOT EXISTS (SELECT FROM mart.dim_season s WHERE s.season = v_details ->> 'season')
    ON CONFLICT (season) DO NOTHING;
    INSERT INTO mart.dim_venue (venue)
        SELECT v_details ->> 'venue' WHERE v_details ->> 'venue' IS NOT NULL
          AND NOT EXISTS (SELECT FROM mart.dim_venue v WHERE v.venue = v_details ->> 'venue')
    ON CONFLICT (venue) DO NOTHING;
    INSERT INTO mart.kept (match_id) VALUES (p_match_id) ON CONFLICT (match_id) DO NOTHING;

    INSERT INTO mart.dim_match AS d (match_id, sport, origin, is_real, date_key, kickoff_at, home_team_key,
                                     away_team_key, home_score, away_score, status, competition, season, venue,
                                     competition_key, season_key, venue_key)
    SELECT m.match_id, m.sport, m.origin, m.origin IN ('live', 'import'), v_key, v_kickoff,
           (SELECT team_key FROM mart.dim_team WHERE team_id = p_state ->> 'home_id'),
           (SELECT team_key FROM mart.dim_team WHERE team_id = p_state ->> 'away_id'),
           (p_state ->> 'home_score')::integer, (p_state ->> 'away_score')::integer, p_state ->> 'status',
           v_details ->> 'competition', v_details ->> 'season', v_details ->> 'venue',
           (SELECT competition_key FROM mart.dim_competition WHERE competition = v_details ->> 'competition'),
           (SELECT season_key FROM mart.dim_season WHERE season = v_details ->> 'season'),
           (SELECT venue_key FROM mart.dim_venue WHERE venue = v_details ->> 'venue')
    FROM log.match m WHERE m.match_id = p_match_id
    ON CONFLICT (match_id) DO UPDATE SET
        date_key = excluded.date_key, kickoff_at = excluded.kickoff_at, home_team_key = excluded.home_team_key,
        away_team_key = excluded.away_team_key, home_score = excluded.home_score, away_score = excluded.away_score,
        status = excluded.status, competition = excluded.competition, season = excluded.season, venue = excluded.venue,
        competition_key = excluded.competition_key, season_key = excluded.season_key, venue_key = excluded.venue_key;
END
$$;
