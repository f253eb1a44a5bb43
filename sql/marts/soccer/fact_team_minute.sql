-- fact: fact_team_minute
-- kept: once a match is over
-- Grain: one of the two teams in one minute of the match clock in which the match was played, of periods 1 to 4.
CREATE TABLE mart.team_minute (
    match_key               integer NOT NULL REFERENCES mart.dim_match (match_key) ON DELETE CASCADE,
    team_key                integer NOT NULL,
    minute_key              integer NOT NULL,
    opponent_key            integer NOT NULL,
    is_home                 boolean NOT NULL,
    goal_difference         integer NOT NULL,
    sent_off                integer NOT NULL,
    goals                   integer NOT NULL,
    goals_against           integer NOT NULL,
    touches                 integer NOT NULL,
    passes                  integer NOT NULL,
    passes_completed        integer NOT NULL,
    shots                   integer NOT NULL,
    shots_against           integer NOT NULL,
    interceptions           integer NOT NULL,
    tackles_won             integer NOT NULL,
    recoveries              integer NOT NULL,
    pressures               integer NOT NULL,
    fouls                   integer NOT NULL,
    yellow_cards            integer NOT NULL,
    final_third_touches     integer NOT NULL,
    ppda_passes_given       integer NOT NULL,
    ppda_actions            integer NOT NULL,
    ppda_passes_faced       integer NOT NULL,
    PRIMARY KEY (match_key, team_key, minute_key)
);
COMMENT ON TABLE mart.team_minute IS 'Kept rows of mart.fact_team_minute; read that';
COMMENT ON COLUMN mart.team_minute.match_key IS 'mart.dim_match';
COMMENT ON COLUMN mart.team_minute.team_key IS 'mart.dim_team';
COMMENT ON COLUMN mart.team_minute.minute_key IS 'mart.dim_minute';
COMMENT ON COLUMN mart.team_minute.opponent_key IS 'mart.dim_team: the other one';
COMMENT ON COLUMN mart.team_minute.is_home IS 'The home team';
COMMENT ON COLUMN mart.team_minute.goal_difference IS 'Goals less goals against before this minute: above 0 in the lead';
COMMENT ON COLUMN mart.team_minute.sent_off IS 'Cards that sent a player off in this minute';
COMMENT ON COLUMN mart.team_minute.goals IS 'Goals in this minute, own goals of the opponents included';
COMMENT ON COLUMN mart.team_minute.goals_against IS 'Goals of the opponents in this minute';
COMMENT ON COLUMN mart.team_minute.touches IS 'Passes, carries, take-ons, shots, interceptions, clearances, blocks, recoveries and bad touches';
COMMENT ON COLUMN mart.team_minute.passes IS 'Passes, set pieces and crosses included';
COMMENT ON COLUMN mart.team_minute.passes_completed IS 'Passes that reached a team-mate';
COMMENT ON COLUMN mart.team_minute.shots IS 'Shots, penalties included';
COMMENT ON COLUMN mart.team_minute.shots_against IS 'Shots of the opponents in this minute';
COMMENT ON COLUMN mart.team_minute.interceptions IS 'Interceptions';
COMMENT ON COLUMN mart.team_minute.tackles_won IS 'Tackles that won the ball';
COMMENT ON COLUMN mart.team_minute.recoveries IS 'Loose balls collected';
COMMENT ON COLUMN mart.team_minute.pressures IS 'Times an opponent was closed down; 0 where the feed does not tell it';
COMMENT ON COLUMN mart.team_minute.fouls IS 'Fouls committed';
COMMENT ON COLUMN mart.team_minute.yellow_cards IS 'Yellow cards, the second one included';
COMMENT ON COLUMN mart.team_minute.final_third_touches IS 'Touches in the last 35 m';
COMMENT ON COLUMN mart.team_minute.ppda_passes_given IS 'Passes in the own 60 % of the pitch: the first part of the opponents'' PPDA';
COMMENT ON COLUMN mart.team_minute.ppda_actions IS 'Defensive actions in the opponents'' 60 %: the second part of the own PPDA';
COMMENT ON COLUMN mart.team_minute.ppda_passes_faced IS 'The opponents'' passes in their own 60 %: the first part of the own PPDA';

CREATE FUNCTION mart.team_minute_of(p_match_id text, p_kept boolean) RETURNS SETOF mart.team_minute
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp ROWS 200 AS $$
    WITH side AS (
        SELECT d.match_key, s.team_key, s.opponent_key, s.is_home
        FROM mart.dim_match d
        CROSS JOIN LATERAL (VALUES (d.home_team_key, d.away_team_key, true), (d.away_team_key, d.home_team_key, false))
            AS s (team_key, opponent_key, is_home)
        WHERE d.match_id = p_match_id AND d.is_real AND d.sport = 'soccer'
          AND d.home_team_key IS NOT NULL AND d.away_team_key IS NOT NULL
    ), e AS MATERIALIZED (
        SELECT * FROM mart.match_events(p_match_id, p_kept) WHERE period BETWEEN 1 AND 4
    ), clock AS (
        SELECT generate_series(p.period * 1000 + (ARRAY[0, 45, 90, 105])[p.period], p.last) AS minute_key
        FROM (SELECT period, max(minute_key) AS last FROM e GROUP BY period) p
    ), scored AS (
        SELECT e.scoring_team_key AS team_key, e.minute_key, count(*)::integer AS goals
        FROM e WHERE e.scoring_team_key IS NOT NULL GROUP BY 1, 2
    ), counted AS (
        SELECT e.team_key, e.minute_key,
               count(*) FILTER (WHERE e.event_type IN ('pass', 'carry', 'dribble', 'shot', 'interception', 'clearance', 'block', 'ball_recovery', 'miscontrol'))::integer AS touches,
               count(*) FILTER (WHERE e.event_type = 'pass')::integer AS passes,
               count(*) FILTER (WHERE e.event_type = 'pass' AND e.outcome = 'complete')::integer AS passes_completed,
               count(*) FILTER (WHERE e.event_type = 'shot')::integer AS shots,
               count(*) FILTER (WHERE e.event_type = 'interception')::integer AS interceptions,
               count(*) FILTER (WHERE e.event_type = 'duel' AND e.duel_kind = 'tackle' AND e.won)::integer AS tackles_won,
               count(*) FILTER (WHERE e.event_type = 'ball_recovery')::integer AS recoveries,
               count(*) FILTER (WHERE e.event_type = 'pressure')::integer AS pressures,
               count(*) FILTER (WHERE e.event_type = 'foul')::integer AS fouls,
               count(*) FILTER (WHERE e.card IN ('yellow', 'second_yellow'))::integer AS yellow_cards,
               count(*) FILTER (WHERE e.x_m >= 70 AND e.event_type IN ('pass', 'carry', 'dribble', 'shot', 'interception', 'clearance', 'block', 'ball_recovery', 'miscontrol'))::integer AS final_third_touches,
               count(*) FILTER (WHERE e.event_type = 'pass' AND e.x_m <= 63)::integer AS ppda_passes_given,
               count(*) FILTER (WHERE e.x_m >= 42 AND (e.event_type IN ('foul', 'interception') OR e.event_type = 'duel' AND e.duel_kind = 'tackle' AND e.won))::integer AS ppda_actions,
               count(DISTINCT coalesce(e.player_key::text, e.source_event_id)) FILTER (WHERE e.card IN ('red', 'second_yellow'))::integer AS sent_off
        FROM e GROUP BY 1, 2
    )
    SELECT s.match_key, s.team_key, m.minute_key, s.opponent_key, s.is_home,
           coalesce(sum(coalesce(g.goals, 0) - coalesce(a.goals, 0)) OVER (
               PARTITION BY s.team_key ORDER BY m.minute_key ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)::integer,
           coalesce(c.sent_off, 0), coalesce(g.goals, 0), coalesce(a.goals, 0),
           coalesce(c.touches, 0), coalesce(c.passes, 0), coalesce(c.passes_completed, 0), coalesce(c.shots, 0),
           coalesce(o.shots, 0),
           coalesce(c.interceptions, 0), coalesce(c.tackles_won, 0), coalesce(c.recoveries, 0), coalesce(c.pressures, 0),
           coalesce(c.fouls, 0), coalesce(c.yellow_cards, 0), coalesce(c.final_third_touches, 0),
           coalesce(c.ppda_passes_given, 0), coalesce(c.ppda_actions, 0),
           coalesce(o.ppda_passes_given, 0)
    FROM side s
    CROSS JOIN clock m
    LEFT JOIN scored g ON g.team_key = s.team_key AND g.minute_key = m.minute_key
    LEFT JOIN scored a ON a.team_key = s.opponent_key AND a.minute_key = m.minute_key
    LEFT JOIN counted c ON c.team_key = s.team_key AND c.minute_key = m.minute_key
    LEFT JOIN counted o ON o.team_key = s.opponent_key AND o.minute_key = m.minute_key
$$;

CREATE VIEW mart.fact_team_minute AS
SELECT t.match_key, t.match_id, t.team_key, t.minute_key, t.opponent_key, t.is_home, t.goal_difference, t.sent_off, t.goals,
       t.goals_against,
       t.touches, t.passes, t.passes_completed, t.shots, t.shots_against, t.interceptions, t.tackles_won, t.recoveries, t.pressures, t.fouls,
       t.yellow_cards, t.final_third_touches, t.ppda_passes_given, t.ppda_actions, t.ppda_passes_faced
FROM (
    SELECT k.match_id, t.* FROM mart.kept_now k JOIN mart.team_minute t ON t.match_key = k.match_key WHERE k.sport = 'soccer'
    UNION ALL
    SELECT k.match_id, t.* FROM mart.computed_now k CROSS JOIN LATERAL mart.team_minute_of(k.match_id, false) t
    WHERE k.sport = 'soccer'
) t;
COMMENT ON VIEW mart.fact_team_minute IS 'Grain: one of the two teams in one minute of the match clock, of periods 1 to 4';
COMMENT ON COLUMN mart.fact_team_minute.match_id IS 'The match''s own id';
SELECT mart.describe_as('mart.team_minute', 'mart.fact_team_minute');
