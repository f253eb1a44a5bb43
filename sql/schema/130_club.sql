-- Clubs see their own players, and of others teams alone. What is a club's own is decided by who logged in (session_user):
-- SET ROLE changes nothing of it. docs/analysts.md says what there is.
CREATE TABLE ops.club_login (
    login      text NOT NULL,
    team_id    text NOT NULL,
    granted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (login, team_id)
);
COMMENT ON TABLE ops.club_login IS 'Whose players a login of a club may see: `touchline club`';
COMMENT ON COLUMN ops.club_login.login IS 'A role that logs in, in touchline_club';
COMMENT ON COLUMN ops.club_login.team_id IS 'Provider-qualified: mart.dim_team.team_id. A club that several providers tell of has several';
COMMENT ON COLUMN ops.club_login.granted_at IS 'When it was granted';

CREATE SCHEMA club;
COMMENT ON SCHEMA club IS 'What analysts of clubs read: their own players, and other teams as a whole';

CREATE VIEW club.own WITH (security_barrier) AS
SELECT t.team_key, t.team_id, t.name
FROM ops.club_login l JOIN mart.dim_team t ON t.team_id = l.team_id WHERE l.login = session_user::text;
COMMENT ON VIEW club.own IS 'The teams whose players the login sees';

CREATE VIEW club.every_match WITH (security_barrier) AS
SELECT d.match_key, d.match_id FROM mart.dim_match d WHERE d.is_real AND EXISTS (SELECT FROM club.own);
COMMENT ON VIEW club.every_match IS 'Real matches: of all of them a club sees what teams did';

CREATE VIEW club.own_match WITH (security_barrier) AS
SELECT d.match_key, d.match_id FROM mart.dim_match d
WHERE d.is_real AND EXISTS (SELECT FROM club.own o WHERE o.team_key IN (d.home_team_key, d.away_team_key));
COMMENT ON VIEW club.own_match IS 'Real matches of one''s own teams';

-- Shows a fact to clubs as club.<p_name>. p_own: only rows of players (and of whatever else has a team) of one's own teams, by
-- the team that the row itself has: whom the player played for in that match. Otherwise all rows: for facts about teams.
-- The rows are chosen in a function, one match at a time: neither an operator that fails on a value nor the counts that
-- EXPLAIN shows of a view's insides (security_barrier leaves those to be seen) reach a row that is not shown.
CREATE FUNCTION club.show(p_fact regclass, p_name text, p_own boolean) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_team    text := (SELECT min(attname) FROM pg_attribute WHERE attrelid = p_fact AND attname IN ('team_id', 'team_key'));
    v_typed   text;
    v_inside  text;
    v_outside text;
BEGIN
    IF v_team IS NULL OR NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = p_fact AND attname = 'match_id') THEN
        RAISE EXCEPTION '% has no match_id, or neither team_key nor team_id: it cannot be shown to clubs', p_fact;
    END IF;
    SELECT string_agg(format('%I %s', attname, format_type(atttypid, atttypmod)), ', ' ORDER BY attnum),
           string_agg(format('f.%I', attname), ', ' ORDER BY attnum),
           string_agg(format('%s.%I', CASE WHEN attname IN ('match_id', 'match_key') THEN 'm' ELSE 'f' END, attname), ', ' ORDER BY attnum)
    INTO v_typed, v_inside, v_outside
    FROM pg_attribute WHERE attrelid = p_fact AND attnum > 0 AND NOT attisdropped;
    EXECUTE format('CREATE FUNCTION club.%I(p_match_id text) RETURNS TABLE (%s) LANGUAGE sql STABLE SECURITY DEFINER '
                   'SET search_path = pg_catalog, pg_temp ROWS 100 AS %L', p_name || '_of', v_typed,
                   format('SELECT %s FROM %s f WHERE f.match_id = $1 AND %s', v_inside, p_fact,
                          CASE WHEN p_own THEN format('f.%I IN (SELECT o.%I FROM club.own o)', v_team, v_team)
                               ELSE 'EXISTS (SELECT FROM club.own)' END));
    EXECUTE format('CREATE VIEW club.%I WITH (security_barrier) AS SELECT %s FROM club.%I m CROSS JOIN LATERAL club.%I(m.match_id) f',
                   p_name, v_outside, CASE WHEN p_own THEN 'own_match' ELSE 'every_match' END, p_name || '_of');
    EXECUTE format('COMMENT ON VIEW club.%I IS %L', p_name,
                   CASE WHEN p_own THEN 'Rows of one''s own teams. ' ELSE '' END || coalesce(obj_description(p_fact, 'pg_class'), ''));
    PERFORM mart.describe_as(p_fact, format('club.%I', p_name)::regclass);
END
$$;

-- Of players, one's own. A fact of tracking or of biometrics comes here with one such line in its own file.
SELECT club.show(fact::regclass, name, true) FROM (VALUES
    ('mart.fact_event', 'event'), ('mart.fact_pass', 'pass'), ('mart.fact_shot', 'shot'),
    ('mart.fact_player_match', 'player_match'), ('mart.fact_lineup_stint', 'lineup_stint'), ('mart.fact_signal', 'signal'),
    ('rollup.player_minute', 'player_minute')) AS own (fact, name);

-- Of teams, all.
SELECT club.show(fact::regclass, name, false) FROM (VALUES
    ('mart.fact_team_match', 'team_match'), ('mart.fact_team_minute', 'team_minute'), ('mart.fact_team_spell', 'team_spell'),
    ('mart.fact_signal_team', 'signal_team'), ('rollup.team_minute', 'team_minute_signal')) AS every (fact, name);

-- Of players of any team, together: from five on, so that nobody's own figure can be told from it.
CREATE FUNCTION club.team_players_of(p_match_id text) RETURNS TABLE (
    team_key integer, players bigint, minutes_seen double precision, touches bigint, passes bigint, dribbles bigint, pressures bigint,
    recoveries bigint, fouls bigint
) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp ROWS 2 AS $$
    SELECT f.team_key, count(*), sum(f.minutes_seen), sum(f.touches), sum(f.passes), sum(f.dribbles), sum(f.pressures),
           sum(f.recoveries), sum(f.fouls)
    FROM mart.fact_player_match f WHERE f.match_id = $1 AND EXISTS (SELECT FROM club.own)
    GROUP BY f.team_key HAVING count(*) >= 5
$$;
CREATE VIEW club.team_players WITH (security_barrier) AS
SELECT m.match_key, m.match_id, f.* FROM club.every_match m CROSS JOIN LATERAL club.team_players_of(m.match_id) f;
COMMENT ON VIEW club.team_players IS 'Grain: team in a match. Its players together, where there are five or more';
COMMENT ON COLUMN club.team_players.players IS 'How many players: divide by it for their mean';
SELECT mart.describe_as('mart.fact_player_match', 'club.team_players');

-- Names and calendars: of everybody, for whoever has a club.
DO $$
DECLARE
    v_dim text;
BEGIN
    FOREACH v_dim IN ARRAY ARRAY['dim_team', 'dim_player', 'dim_date', 'dim_minute', 'dim_competition', 'dim_season', 'dim_venue',
                                 'dim_provider', 'dim_event_type', 'dim_signal', 'dim_match'] LOOP
        EXECUTE format('CREATE VIEW club.%I WITH (security_barrier) AS SELECT d.* FROM mart.%I d WHERE EXISTS (SELECT FROM club.own)%s',
                       v_dim, v_dim, CASE v_dim WHEN 'dim_match' THEN ' AND d.is_real' ELSE '' END);
        EXECUTE format('COMMENT ON VIEW club.%I IS %L', v_dim, obj_description(format('mart.%I', v_dim)::regclass, 'pg_class'));
        PERFORM mart.describe_as(format('mart.%I', v_dim)::regclass, format('club.%I', v_dim)::regclass);
    END LOOP;
    PERFORM mart.describe_as('mart.dim_team', 'club.own');
    PERFORM mart.describe_as('mart.dim_match', 'club.own_match');
    PERFORM mart.describe_as('mart.dim_match', 'club.every_match');
END
$$;
