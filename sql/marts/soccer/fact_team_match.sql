-- fact: fact_team_match
-- kept: once a match is over
-- Grain: one of the two teams in one match. A shoot-out is left out of all counts.
CREATE TABLE mart.team_match (
    match_key               integer NOT NULL REFERENCES mart.dim_match (match_key) ON DELETE CASCADE,
    team_key                integer NOT NULL,
    opponent_key            integer NOT NULL,
    is_home                 boolean NOT NULL,
    goals                   integer NOT NULL,
    goals_against           integer NOT NULL,
    touches                 integer NOT NULL,
    passes                  integer NOT NULL,
    passes_completed        integer NOT NULL,
    passes_into_final_third integer NOT NULL,
    crosses                 integer NOT NULL,
    dribbles                integer NOT NULL,
    dribbles_won            integer NOT NULL,
    shots                   integer NOT NULL,
    shots_on_target         integer NOT NULL,
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
    corners                 integer NOT NULL,
    ppda_passes_given       integer NOT NULL,
    ppda_actions            integer NOT NULL,
    red_cards               integer NOT NULL,
    ppda_passes_faced       integer NOT NULL,
    PRIMARY KEY (match_key, team_key)
);
COMMENT ON TABLE mart.team_match IS 'Kept rows of mart.fact_team_match; read that';
COMMENT ON COLUMN mart.team_match.match_key IS 'mart.dim_match';
COMMENT ON COLUMN mart.team_match.team_key IS 'mart.dim_team';
COMMENT ON COLUMN mart.team_match.opponent_key IS 'mart.dim_team: the other one';
COMMENT ON COLUMN mart.team_match.is_home IS 'The home team';
COMMENT ON COLUMN mart.team_match.goals IS 'Goals in play, own goals of the opponents included, counted from the events';
COMMENT ON COLUMN mart.team_match.goals_against IS 'Goals of the opponents, counted so';
COMMENT ON COLUMN mart.team_match.touches IS 'Passes, carries, take-ons, shots, interceptions, clearances, blocks, recoveries and bad touches';
COMMENT ON COLUMN mart.team_match.passes IS 'Passes, set pieces and crosses included';
COMMENT ON COLUMN mart.team_match.passes_completed IS 'Passes that reached a team-mate';
COMMENT ON COLUMN mart.team_match.passes_into_final_third IS 'Completed passes from outside into the last 35 m';
COMMENT ON COLUMN mart.team_match.crosses IS 'Crosses';
COMMENT ON COLUMN mart.team_match.dribbles IS 'Take-ons';
COMMENT ON COLUMN mart.team_match.dribbles_won IS 'Take-ons that succeeded';
COMMENT ON COLUMN mart.team_match.shots IS 'Shots, penalties included';
COMMENT ON COLUMN mart.team_match.shots_on_target IS 'Goals, and shots that were saved';
COMMENT ON COLUMN mart.team_match.own_goals IS 'Own goals, where the feed tells who scored them';
COMMENT ON COLUMN mart.team_match.interceptions IS 'Interceptions';
COMMENT ON COLUMN mart.team_match.tackles IS 'Tackles';
COMMENT ON COLUMN mart.team_match.tackles_won IS 'Tackles that won the ball';
COMMENT ON COLUMN mart.team_match.clearances IS 'Clearances';
COMMENT ON COLUMN mart.team_match.blocks IS 'Blocks';
COMMENT ON COLUMN mart.team_match.recoveries IS 'Loose balls collected';
COMMENT ON COLUMN mart.team_match.pressures IS 'Times an opponent was closed down; 0 where the feed does not tell it';
COMMENT ON COLUMN mart.team_match.fouls IS 'Fouls committed';
COMMENT ON COLUMN mart.team_match.fouls_won IS 'Fouls suffered';
COMMENT ON COLUMN mart.team_match.offsides IS 'Offsides';
COMMENT ON COLUMN mart.team_match.yellow_cards IS 'Yellow cards, the second one included';
COMMENT ON COLUMN mart.team_match.corners IS 'Corners';
COMMENT ON COLUMN mart.team_match.ppda_passes_given IS 'Passes in the own 60 % of the pitch: the first part of the opponents'' PPDA';
COMMENT ON COLUMN mart.team_match.ppda_actions IS 'Defensive actions in the opponents'' 60 %: the second part of the own PPDA';
COMMENT ON COLUMN mart.team_match.red_cards IS 'Players sent off, second yellow cards included';
COMMENT ON COLUMN mart.team_match.ppda_passes_faced IS 'The opponents'' passes in their own 60 %: the first part of the own PPDA';

CREATE FUNCTION mart.team_match_of(p_match_id text, p_kept boolean) RETURNS SETOF mart.team_match
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp ROWS 2 AS $$
    WITH side AS (
        SELECT d.match_key, s.team_key, s.opponent_key, s.is_home
        FROM mart.dim_match d
        CROSS JOIN LATERAL (VALUES (d.home_team_key, d.away_team_key, true), (d.away_team_key, d.home_team_key, false))
            AS s (team_key, opponent_key, is_home)
        WHERE d.match_id = p_match_id AND d.is_real AND d.sport = 'soccer'
          AND d.home_team_key IS NOT NULL AND d.away_team_key IS NOT NULL
    ), e AS MATERIALIZED (
        SELECT * FROM mart.match_events(p_match_id, p_kept) WHERE period <> 5
    ), scored AS (
        SELECT e.scoring_team_key AS team_key, count(*)::integer AS goals FROM e WHERE e.scoring_team_key IS NOT NULL GROUP BY 1
    ), counted AS (
        SELECT e.team_key,
               count(*) FILTER (WHERE e.event_type IN ('pass', 'carry', 'dribble', 'shot', 'interception', 'clearance', 'block', 'ball_recovery', 'miscontrol'))::integer AS touches,
               count(*) FILTER (WHERE e.event_type = 'pass')::integer AS passes,
               count(*) FILTER (WHERE e.event_type = 'pass' AND e.outcome = 'complete')::integer AS passes_completed,
               count(*) FILTER (WHERE e.event_type = 'pass' AND e.outcome = 'complete' AND e.x_m < 70 AND e.end_x_m >= 70)::integer AS passes_into_final_third,
               count(*) FILTER (WHERE e.event_type = 'pass' AND e.is_cross)::integer AS crosses,
               count(*) FILTER (WHERE e.event_type = 'dribble')::integer AS dribbles,
               count(*) FILTER (WHERE e.event_type = 'dribble' AND e.won)::integer AS dribbles_won,
               count(*) FILTER (WHERE e.event_type = 'shot')::integer AS shots,
               count(*) FILTER (WHERE e.event_type = 'shot' AND e.outcome IN ('goal', 'saved', 'saved_to_post'))::integer AS shots_on_target,
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
               count(*) FILTER (WHERE e.event_type = 'pass' AND e.pass_kind = 'corner')::integer AS corners,
               count(*) FILTER (WHERE e.event_type = 'pass' AND e.x_m <= 63)::integer AS ppda_passes_given,
               count(*) FILTER (WHERE e.x_m >= 42 AND (e.event_type IN ('foul', 'interception') OR e.event_type = 'duel' AND e.duel_kind = 'tackle' AND e.won))::integer AS ppda_actions,
               count(DISTINCT coalesce(e.player_key::text, e.source_event_id)) FILTER (WHERE e.card IN ('red', 'second_yellow'))::integer AS red_cards
        FROM e GROUP BY 1
    )
    SELECT s.match_key, s.team_key, s.opponent_key, s.is_home, coalesce(g.goals, 0), coalesce(a.goals, 0),
           coalesce(c.touches, 0), coalesce(c.passes, 0), coalesce(c.passes_completed, 0),
           coalesce(c.passes_into_final_third, 0), coalesce(c.crosses, 0), coalesce(c.dribbles, 0),
           coalesce(c.dribbles_won, 0), coalesce(c.shots, 0), coalesce(c.shots_on_target, 0), coalesce(c.own_goals, 0),
           coalesce(c.interceptions, 0), coalesce(c.tackles, 0), coalesce(c.tackles_won, 0), coalesce(c.clearances, 0),
           coalesce(c.blocks, 0), coalesce(c.recoveries, 0), coalesce(c.pressures, 0), coalesce(c.fouls, 0),
           coalesce(c.fouls_won, 0), coalesce(c.offsides, 0), coalesce(c.yellow_cards, 0), coalesce(c.corners, 0),
           coalesce(c.ppda_passes_given, 0), coalesce(c.ppda_actions, 0), coalesce(c.red_cards, 0),
           coalesce(o.ppda_passes_given, 0)
    FROM side s
    LEFT JOIN scored g ON g.team_key = s.team_key
    LEFT JOIN scored a ON a.team_key = s.opponent_key
    LEFT JOIN counted c ON c.team_key = s.team_key
    LEFT JOIN counted o ON o.team_key = s.opponent_key
$$;

CREATE VIEW mart.fact_team_match AS
SELECT t.match_key, t.match_id, t.team_key, t.opponent_key, t.is_home, t.goals, t.goals_against,
       CASE WHEN t.goals > t.goals_against THEN 3 WHEN t.goals = t.goals_against THEN 1 ELSE 0 END AS points,
       t.touches, t.passes, t.passes_completed, t.passes_into_final_third, t.crosses, t.dribbles, t.dribbles_won, t.shots,
       t.shots_on_target, t.own_goals, t.interceptions, t.tackles, t.tackles_won, t.clearances, t.blocks, t.recoveries,
       t.pressures, t.fouls, t.fouls_won, t.offsides, t.yellow_cards, t.corners, t.ppda_passes_given, t.ppda_actions,
       t.red_cards, t.ppda_passes_faced,
       t.ppda_passes_faced::double precision / nullif(t.ppda_actions, 0) AS ppda,
       coalesce(s.xg, 0) AS xg, coalesce(a.xg, 0) AS xg_against, coalesce(s.xt, 0) AS xt, s.possession, s.field_tilt
FROM (
    SELECT k.match_id, t.* FROM mart.kept_now k JOIN mart.team_match t ON t.match_key = k.match_key WHERE k.sport = 'soccer'
    UNION ALL
    SELECT k.match_id, t.* FROM mart.computed_now k CROSS JOIN LATERAL mart.team_match_of(k.match_id, false) t
    WHERE k.sport = 'soccer'
) t
-- Grouped by what they are joined on: who does not ask for signals does not pay for them.
LEFT JOIN (
    SELECT match_id, team_key, max(value_sum) FILTER (WHERE signal = 'xg') AS xg,
           max(value_sum) FILTER (WHERE signal = 'xt') AS xt,
           max(value_last) FILTER (WHERE signal = 'possession') AS possession,
           max(value_last) FILTER (WHERE signal = 'field_tilt') AS field_tilt
    FROM mart.fact_signal_team
    WHERE signal IN ('xg', 'xt', 'possession', 'field_tilt') GROUP BY match_id, team_key
) s ON s.match_id = t.match_id AND s.team_key = t.team_key
LEFT JOIN (
    SELECT match_id, team_key, max(value_sum) AS xg
    FROM mart.fact_signal_team WHERE signal = 'xg' GROUP BY match_id, team_key
) a ON a.match_id = t.match_id AND a.team_key = t.opponent_key;
COMMENT ON VIEW mart.fact_team_match IS 'Grain: one of the two teams in one match. A shoot-out is left out';
COMMENT ON COLUMN mart.fact_team_match.match_id IS 'The match''s own id';
COMMENT ON COLUMN mart.fact_team_match.points IS '3 for more goals than the opponents, 1 for as many, as it stands; a shoot-out decides nothing';
COMMENT ON COLUMN mart.fact_team_match.ppda IS 'Passes per defensive action over the match: ppda_passes_faced / ppda_actions; lower presses harder';
COMMENT ON COLUMN mart.fact_team_match.xg IS 'Expected goals of its shots, the version on air';
COMMENT ON COLUMN mart.fact_team_match.xg_against IS 'Expected goals of the opponents'' shots';
COMMENT ON COLUMN mart.fact_team_match.xt IS 'Expected threat of its passes, carries and take-ons, the version on air';
COMMENT ON COLUMN mart.fact_team_match.possession IS 'Share of the time with the ball at the end of the match, the version on air';
COMMENT ON COLUMN mart.fact_team_match.field_tilt IS 'Share of the passes in the final thirds at the end of the match, the version on air';
SELECT mart.describe_as('mart.team_match', 'mart.fact_team_match');
