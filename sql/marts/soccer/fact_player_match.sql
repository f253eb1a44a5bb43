-- fact: fact_player_match
-- kept: once a match is over
-- Grain: one player of one team in one match: who was on the pitch, or did anything. A shoot-out is left out of all counts.
CREATE TABLE mart.player_match (
    match_key               integer NOT NULL REFERENCES mart.dim_match (match_key) ON DELETE CASCADE,
    team_key                integer NOT NULL,
    player_key              integer NOT NULL,
    is_starter              boolean,
    minutes                 double precision,
    minutes_seen            double precision NOT NULL,
    touches                 integer NOT NULL,
    passes                  integer NOT NULL,
    passes_completed        integer NOT NULL,
    passes_into_final_third integer NOT NULL,
    crosses                 integer NOT NULL,
    dribbles                integer NOT NULL,
    dribbles_won            integer NOT NULL,
    shots                   integer NOT NULL,
    shots_on_target         integer NOT NULL,
    goals                   integer NOT NULL,
    own_goals               integer NOT NULL,
    interceptions           integer NOT NULL,
    tackles                 integer NOT NULL,
    tackles_won             integer NOT NULL,
    clearances              integer NOT NULL,
    blocks                  integer NOT NULL,
    recoveries              integer NOT NULL,
    pressures               integer NOT NULL,
    fouls                   integer NOT NULL,
    fouls_won               integer NOT NULL,
    offsides                integer NOT NULL,
    yellow_cards            integer NOT NULL,
    red_cards               integer NOT NULL,
    PRIMARY KEY (match_key, team_key, player_key)
);
CREATE INDEX player_match_player ON mart.player_match (player_key, match_key);
COMMENT ON TABLE mart.player_match IS 'Kept rows of mart.fact_player_match; read that';
COMMENT ON COLUMN mart.player_match.match_key IS 'mart.dim_match';
COMMENT ON COLUMN mart.player_match.team_key IS 'mart.dim_team: whom the player plays for';
COMMENT ON COLUMN mart.player_match.player_key IS 'mart.dim_player';
COMMENT ON COLUMN mart.player_match.is_starter IS 'Began the match; null where the feed tells no line-ups';
COMMENT ON COLUMN mart.player_match.minutes IS 'On the pitch, minutes, stoppage time included; null where the feed tells no line-ups';
COMMENT ON COLUMN mart.player_match.minutes_seen IS 'Minutes played from the player''s first event to the last one: for feeds without line-ups';
COMMENT ON COLUMN mart.player_match.touches IS 'Passes, carries, take-ons, shots, interceptions, clearances, blocks, recoveries and bad touches';
COMMENT ON COLUMN mart.player_match.passes IS 'Passes, set pieces and crosses included';
COMMENT ON COLUMN mart.player_match.passes_completed IS 'Passes that reached a team-mate';
COMMENT ON COLUMN mart.player_match.passes_into_final_third IS 'Completed passes from outside into the last 35 m';
COMMENT ON COLUMN mart.player_match.crosses IS 'Crosses';
COMMENT ON COLUMN mart.player_match.dribbles IS 'Take-ons';
COMMENT ON COLUMN mart.player_match.dribbles_won IS 'Take-ons that succeeded';
COMMENT ON COLUMN mart.player_match.shots IS 'Shots, penalties included';
COMMENT ON COLUMN mart.player_match.shots_on_target IS 'Goals, and shots that were saved';
COMMENT ON COLUMN mart.player_match.goals IS 'Goals, penalties included, own goals of the opponents not';
COMMENT ON COLUMN mart.player_match.own_goals IS 'Own goals, where the feed tells who scored them';
COMMENT ON COLUMN mart.player_match.interceptions IS 'Interceptions';
COMMENT ON COLUMN mart.player_match.tackles IS 'Tackles';
COMMENT ON COLUMN mart.player_match.tackles_won IS 'Tackles that won the ball';
COMMENT ON COLUMN mart.player_match.clearances IS 'Clearances';
COMMENT ON COLUMN mart.player_match.blocks IS 'Blocks';
COMMENT ON COLUMN mart.player_match.recoveries IS 'Loose balls collected';
COMMENT ON COLUMN mart.player_match.pressures IS 'Times an opponent was closed down; 0 where the feed does not tell it';
COMMENT ON COLUMN mart.player_match.fouls IS 'Fouls committed';
COMMENT ON COLUMN mart.player_match.fouls_won IS 'Fouls suffered';
COMMENT ON COLUMN mart.player_match.offsides IS 'Offsides';
COMMENT ON COLUMN mart.player_match.yellow_cards IS 'Yellow cards, the second one included';
COMMENT ON COLUMN mart.player_match.red_cards IS '1 for who was sent off, second yellow cards included';

CREATE FUNCTION mart.player_match_of(p_match_id text, p_kept boolean) RETURNS SETOF mart.player_match
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp ROWS 30 AS $$
    WITH e AS MATERIALIZED (
        SELECT * FROM mart.match_events(p_match_id, p_kept) WHERE period <> 5 AND team_key IS NOT NULL
    ), lengths AS (
        SELECT array_agg(coalesce(l.length_s, 0) ORDER BY p) AS lengths
        FROM generate_series(1, 4) AS p
        LEFT JOIN (SELECT period, max(elapsed_s) - (ARRAY[0, 2700, 5400, 6300])[period] AS length_s
                   FROM e WHERE period BETWEEN 1 AND 4 GROUP BY period) l ON l.period = p
    ), stints AS MATERIALIZED (
        SELECT k.* FROM mart.lineup_stint k JOIN mart.dim_match d USING (match_key) WHERE p_kept AND d.match_id = p_match_id
        UNION ALL
        SELECT * FROM mart.lineup_stint_of(p_match_id, false) WHERE NOT p_kept
    ), stay AS (
        SELECT match_key, team_key, player_key, bool_or(is_starter) AS is_starter, sum(minutes) AS minutes
        FROM stints GROUP BY 1, 2, 3
    ), told AS (
        SELECT team_key, bool_or(on_reason = 'lineup') AS lineup FROM stints GROUP BY 1
    ), counted AS (
        SELECT e.match_key, e.team_key, e.player_key,
               -- Period and clock in one number, as the clock never gets there.
               min(e.period * 1e6 + e.elapsed_s) AS first_at, max(e.period * 1e6 + e.elapsed_s) AS last_at,
               count(*) FILTER (WHERE e.event_type IN ('pass', 'carry', 'dribble', 'shot', 'interception', 'clearance', 'block', 'ball_recovery', 'miscontrol'))::integer AS touches,
               count(*) FILTER (WHERE e.event_type = 'pass')::integer AS passes,
               count(*) FILTER (WHERE e.event_type = 'pass' AND e.outcome = 'complete')::integer AS passes_completed,
               count(*) FILTER (WHERE e.event_type = 'pass' AND e.outcome = 'complete' AND e.x_m < 70 AND e.end_x_m >= 70)::integer AS passes_into_final_third,
               count(*) FILTER (WHERE e.event_type = 'pass' AND e.is_cross)::integer AS crosses,
               count(*) FILTER (WHERE e.event_type = 'dribble')::integer AS dribbles,
               count(*) FILTER (WHERE e.event_type = 'dribble' AND e.won)::integer AS dribbles_won,
               count(*) FILTER (WHERE e.event_type = 'shot')::integer AS shots,
               count(*) FILTER (WHERE e.event_type = 'shot' AND e.outcome IN ('goal', 'saved', 'saved_to_post'))::integer AS shots_on_target,
               count(*) FILTER (WHERE e.event_type = 'shot' AND e.outcome = 'goal')::integer AS goals,
               count(*) FILTER (WHERE e.event_type = 'own_goal_against')::integer AS own_goals,
               count(*) FILTER (WHERE e.event_type = 'interception')::integer AS interceptions,
               count(*) FILTER (WHERE e.event_type = 'duel' AND e.duel_kind = 'tackle')::integer AS tackles,
               count(*) FILTER (WHERE e.event_type = 'duel' AND e.duel_kind = 'tackle' AND e.won)::integer AS tackles_won,
               count(*) FILTER (WHERE e.event_type = 'clearance')::integer AS clearances,
               count(*) FILTER (WHERE e.event_type = 'block')::integer AS blocks,
               count(*) FILTER (WHERE e.event_type = 'ball_recovery')::integer AS recoveries,
               count(*) FILTER (WHERE e.event_type = 'pressure')::integer AS pressures,
               count(*) FILTER (WHERE e.event_type = 'foul')::integer AS fouls,
               count(*) FILTER (WHERE e.event_type = 'foul_won')::integer AS fouls_won,
               count(*) FILTER (WHERE e.event_type = 'offside')::integer AS offsides,
               count(*) FILTER (WHERE e.card IN ('yellow', 'second_yellow'))::integer AS yellow_cards,
               count(DISTINCT e.player_key) FILTER (WHERE e.card IN ('red', 'second_yellow'))::integer AS red_cards
        FROM e WHERE e.player_key IS NOT NULL GROUP BY 1, 2, 3
    )
    SELECT coalesce(s.match_key, c.match_key), coalesce(s.team_key, c.team_key), coalesce(s.player_key, c.player_key),
           CASE WHEN t.lineup THEN coalesce(s.is_starter, false) END,
           CASE WHEN t.lineup THEN round(coalesce(s.minutes, 0)::numeric, 6)::double precision END,
           round(coalesce((mart.played_s(l.lengths, floor(c.last_at / 1e6)::integer, c.last_at - floor(c.last_at / 1e6) * 1e6)
                         - mart.played_s(l.lengths, floor(c.first_at / 1e6)::integer,
                                         c.first_at - floor(c.first_at / 1e6) * 1e6)) / 60, 0)::numeric, 6),
           coalesce(c.touches, 0), coalesce(c.passes, 0), coalesce(c.passes_completed, 0),
           coalesce(c.passes_into_final_third, 0), coalesce(c.crosses, 0), coalesce(c.dribbles, 0),
           coalesce(c.dribbles_won, 0), coalesce(c.shots, 0), coalesce(c.shots_on_target, 0), coalesce(c.goals, 0),
           coalesce(c.own_goals, 0), coalesce(c.interceptions, 0), coalesce(c.tackles, 0), coalesce(c.tackles_won, 0),
           coalesce(c.clearances, 0), coalesce(c.blocks, 0), coalesce(c.recoveries, 0), coalesce(c.pressures, 0),
           coalesce(c.fouls, 0), coalesce(c.fouls_won, 0), coalesce(c.offsides, 0), coalesce(c.yellow_cards, 0),
           coalesce(c.red_cards, 0)
    FROM stay s
    FULL JOIN counted c ON c.team_key = s.team_key AND c.player_key = s.player_key
    LEFT JOIN told t ON t.team_key = coalesce(s.team_key, c.team_key)
    CROSS JOIN lengths l
$$;

CREATE VIEW mart.fact_player_match AS
SELECT p.match_key, p.match_id, p.team_key, p.player_key, p.is_starter, p.minutes, p.minutes_seen,
       p.touches, p.passes, p.passes_completed, p.passes_into_final_third, p.crosses, p.dribbles, p.dribbles_won, p.shots,
       p.shots_on_target, p.goals, p.own_goals, p.interceptions, p.tackles, p.tackles_won, p.clearances, p.blocks,
       p.recoveries, p.pressures, p.fouls, p.fouls_won, p.offsides, p.yellow_cards, p.red_cards,
       x.xg, t.xt, v.action_value
FROM (
    SELECT k.match_id, p.* FROM mart.kept_now k JOIN mart.player_match p ON p.match_key = k.match_key WHERE k.sport = 'soccer'
    UNION ALL
    SELECT k.match_id, p.* FROM mart.computed_now k CROSS JOIN LATERAL mart.player_match_of(k.match_id, false) p
    WHERE k.sport = 'soccer'
) p
-- One by one and grouped by what they are joined on: who does not ask for a signal does not pay for it.
LEFT JOIN (
    SELECT match_id, player_key, sum(value_sum) AS xg FROM mart.fact_signal_match
    WHERE signal = 'xg' AND player_key IS NOT NULL GROUP BY 1, 2
) x ON x.match_id = p.match_id AND x.player_key = p.player_key
LEFT JOIN (
    SELECT match_id, player_key, sum(value_sum) AS xt FROM mart.fact_signal_match
    WHERE signal = 'xt' AND player_key IS NOT NULL GROUP BY 1, 2
) t ON t.match_id = p.match_id AND t.player_key = p.player_key
LEFT JOIN (
    SELECT match_id, player_key, sum(value_sum) AS action_value FROM mart.fact_signal_match
    WHERE signal = 'action_value' AND player_key IS NOT NULL GROUP BY 1, 2
) v ON v.match_id = p.match_id AND v.player_key = p.player_key;
COMMENT ON VIEW mart.fact_player_match IS 'Grain: one player of one team in one match. A shoot-out is left out';
COMMENT ON COLUMN mart.fact_player_match.match_id IS 'The match''s own id';
COMMENT ON COLUMN mart.fact_player_match.xg IS 'Expected goals of the player''s shots, the version on air; null without a shot';
COMMENT ON COLUMN mart.fact_player_match.xt IS 'Expected threat of the player''s passes, carries and take-ons, the version on air';
COMMENT ON COLUMN mart.fact_player_match.action_value IS 'Value of the player''s actions in goals, the version on air';
SELECT mart.describe_as('mart.player_match', 'mart.fact_player_match');

CREATE VIEW mart.dim_player_history AS
WITH played AS (
    SELECT f.player_key, p.player_id, f.team_key, m.kickoff_at, m.match_key
    FROM (
        SELECT p.match_key, p.team_key, p.player_key FROM mart.kept_now k JOIN mart.player_match p ON p.match_key = k.match_key
        UNION ALL
        SELECT p.match_key, p.team_key, p.player_key
        FROM mart.computed_now k CROSS JOIN LATERAL mart.player_match_of(k.match_id, false) p WHERE k.sport = 'soccer'
    ) f
    JOIN mart.dim_match m USING (match_key) JOIN mart.dim_player p USING (player_key)
), marked AS (
    SELECT *, team_key IS DISTINCT FROM lag(team_key) OVER (PARTITION BY player_key ORDER BY kickoff_at, match_key) AS begins
    FROM played
)
SELECT player_key::bigint << 32 | match_key AS player_history_key, player_key, player_id, team_key, kickoff_at AS valid_from,
       coalesce(lead(kickoff_at) OVER (PARTITION BY player_key ORDER BY kickoff_at, match_key), 'infinity') AS valid_to,
       lead(kickoff_at) OVER (PARTITION BY player_key ORDER BY kickoff_at, match_key) IS NULL AS is_current
FROM marked WHERE begins;
COMMENT ON VIEW mart.dim_player_history IS 'Type 2: one row for each time that a player played for a team, a national team among them, as matches told it';
COMMENT ON COLUMN mart.dim_player_history.player_history_key IS 'Of the player and of the first match for this team';
COMMENT ON COLUMN mart.dim_player_history.player_key IS 'mart.dim_player';
COMMENT ON COLUMN mart.dim_player_history.player_id IS 'Provider-qualified';
COMMENT ON COLUMN mart.dim_player_history.team_key IS 'mart.dim_team: whom the player played for then';
COMMENT ON COLUMN mart.dim_player_history.valid_from IS 'Kick-off of the first match for this team';
COMMENT ON COLUMN mart.dim_player_history.valid_to IS 'Kick-off of the first match for the next one, which is not part of it; infinity for the current team';
COMMENT ON COLUMN mart.dim_player_history.is_current IS 'True for the newest team';
