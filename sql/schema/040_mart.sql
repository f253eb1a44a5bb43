-- The star schema, first cut. Real matches only, unless a name says `all`.
CREATE TABLE mart.dim_match (
    match_key   integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    match_id    text NOT NULL UNIQUE REFERENCES log.match (match_id) ON DELETE CASCADE,
    sport       text NOT NULL,
    origin      text NOT NULL,
    is_real     boolean NOT NULL,
    date_key    integer NOT NULL,
    kickoff_at  timestamptz NOT NULL,
    home_team_key integer,
    away_team_key integer,
    home_score  integer NOT NULL,
    away_score  integer NOT NULL,
    status      text NOT NULL,
    competition text,
    season      text,
    venue       text
);
COMMENT ON TABLE mart.dim_match IS 'One row a match. is_real is false for replays and simulations: leave those out of any figure';
COMMENT ON COLUMN mart.dim_match.match_id IS 'The match''s own id: log.match, the API';
COMMENT ON COLUMN mart.dim_match.sport IS 'Folder of app/sports';
COMMENT ON COLUMN mart.dim_match.origin IS 'live, import, replay or simulation';
COMMENT ON COLUMN mart.dim_match.is_real IS 'True for live and import';
COMMENT ON COLUMN mart.dim_match.kickoff_at IS 'Kick-off as stated, else the anchor of the match''s time';
COMMENT ON COLUMN mart.dim_match.home_team_key IS 'mart.dim_team; null until the team is known';
COMMENT ON COLUMN mart.dim_match.away_team_key IS 'mart.dim_team; null until the team is known';
COMMENT ON COLUMN mart.dim_match.home_score IS 'Goals in play, extra time included, a shoot-out not';
COMMENT ON COLUMN mart.dim_match.away_score IS 'Goals in play, extra time included, a shoot-out not';
COMMENT ON COLUMN mart.dim_match.status IS 'scheduled, postponed, live, half_time, full_time, suspended, finished or abandoned';
COMMENT ON COLUMN mart.dim_match.competition IS 'As stated by the schedule';
COMMENT ON COLUMN mart.dim_match.season IS 'As stated by the schedule';
COMMENT ON COLUMN mart.dim_match.venue IS 'As stated by the schedule';
COMMENT ON COLUMN mart.dim_match.match_key IS 'Surrogate key, stable across rebuilds';
COMMENT ON COLUMN mart.dim_match.date_key IS 'Day of the kick-off, UTC: mart.dim_date.date_key';

CREATE TABLE mart.dim_team (
    team_key integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    team_id  text NOT NULL UNIQUE,
    name     text
);
COMMENT ON TABLE mart.dim_team IS 'One row a team; team_id is provider-qualified';
COMMENT ON COLUMN mart.dim_team.team_key IS 'Surrogate key, stable across rebuilds';
COMMENT ON COLUMN mart.dim_team.team_id IS 'Provider-qualified: statsbomb:team:217';
COMMENT ON COLUMN mart.dim_team.name IS 'As first told by name';

CREATE TABLE mart.dim_player (
    player_key integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    player_id  text NOT NULL UNIQUE,
    name       text
);
COMMENT ON TABLE mart.dim_player IS 'One row a player; player_id is provider-qualified';
COMMENT ON COLUMN mart.dim_player.player_key IS 'Surrogate key, stable across rebuilds';
COMMENT ON COLUMN mart.dim_player.player_id IS 'Provider-qualified: statsbomb:player:5503';
COMMENT ON COLUMN mart.dim_player.name IS 'As first told by name';

CREATE TABLE mart.dim_date (
    date_key     integer PRIMARY KEY,
    date         date NOT NULL UNIQUE,
    year         smallint NOT NULL,
    month        smallint NOT NULL,
    day          smallint NOT NULL,
    iso_week     smallint NOT NULL,
    iso_weekday  smallint NOT NULL,
    weekday_name text NOT NULL,
    is_weekend   boolean NOT NULL
);
COMMENT ON TABLE mart.dim_date IS 'One row a day; date_key is yyyymmdd. Days are added as matches need them';
COMMENT ON COLUMN mart.dim_date.date_key IS 'yyyymmdd';
COMMENT ON COLUMN mart.dim_date.date IS 'The day, UTC';
COMMENT ON COLUMN mart.dim_date.year IS 'Calendar year';
COMMENT ON COLUMN mart.dim_date.month IS '1 to 12';
COMMENT ON COLUMN mart.dim_date.day IS '1 to 31';
COMMENT ON COLUMN mart.dim_date.iso_week IS 'ISO 8601 week, 1 to 53';
COMMENT ON COLUMN mart.dim_date.iso_weekday IS '1 Monday to 7 Sunday';
COMMENT ON COLUMN mart.dim_date.weekday_name IS 'In English';
COMMENT ON COLUMN mart.dim_date.is_weekend IS 'Saturday or Sunday';

CREATE VIEW mart.dim_signal AS
SELECT sport, signal, version AS signal_version, title, unit, stage,
       declaration ->> 'description' AS description,
       (declaration -> 'range' ->> 0)::double precision AS lowest,
       (declaration -> 'range' ->> 1)::double precision AS highest,
       (declaration ->> 'resolution')::double precision AS resolution
FROM registry.signal_version;
COMMENT ON VIEW mart.dim_signal IS 'Every version of every signal; stage `live` is what readers see';
COMMENT ON COLUMN mart.dim_signal.sport IS 'Folder of app/sports';
COMMENT ON COLUMN mart.dim_signal.signal IS 'Name of the signal';
COMMENT ON COLUMN mart.dim_signal.signal_version IS 'Version of its declaration and formula';
COMMENT ON COLUMN mart.dim_signal.title IS 'For people';
COMMENT ON COLUMN mart.dim_signal.unit IS 'Of the value; 1 for a bare number';
COMMENT ON COLUMN mart.dim_signal.stage IS 'shadow, live or retired; one version is live';
COMMENT ON COLUMN mart.dim_signal.description IS 'What it tells';
COMMENT ON COLUMN mart.dim_signal.lowest IS 'Lowest value that can be right';
COMMENT ON COLUMN mart.dim_signal.highest IS 'Highest value that can be right';
COMMENT ON COLUMN mart.dim_signal.resolution IS 'Values are rounded to it';

CREATE VIEW mart.fact_signal AS
SELECT m.match_key, m.match_id, p.occurred_at, p.signal, p.signal_version, p.subject, p.team_id, p.anchor,
       p.source_event_id, p.value, p.status, p.revision, p.period, p.elapsed_s, p.order_key, p.version, p.model
FROM signal.point p
JOIN mart.dim_match m ON m.match_id = p.match_id AND m.is_real
JOIN registry.signal_version v
  ON v.sport = m.sport AND v.signal = p.signal AND v.version = p.signal_version AND v.stage = 'live';
COMMENT ON VIEW mart.fact_signal IS 'Grain: match, signal, subject, anchor. The live version of every signal, real matches only';
COMMENT ON COLUMN mart.fact_signal.match_key IS 'mart.dim_match';
COMMENT ON COLUMN mart.fact_signal.match_id IS 'The match''s own id';
COMMENT ON COLUMN mart.fact_signal.occurred_at IS 'Kick-off plus the nominal time on the wall of the moment';
COMMENT ON COLUMN mart.fact_signal.signal IS 'Name of the signal: mart.dim_signal';
COMMENT ON COLUMN mart.fact_signal.signal_version IS 'The live version';
COMMENT ON COLUMN mart.fact_signal.subject IS 'Whom the value is about: a player, a team, an outcome, or match';
COMMENT ON COLUMN mart.fact_signal.team_id IS 'The team of the subject, provider-qualified';
COMMENT ON COLUMN mart.fact_signal.anchor IS 'event:<source event id>, or minute:<period>:<minute>';
COMMENT ON COLUMN mart.fact_signal.source_event_id IS 'The event that brought it; null for a full minute';
COMMENT ON COLUMN mart.fact_signal.value IS 'In the signal''s unit; null when degraded';
COMMENT ON COLUMN mart.fact_signal.status IS 'provisional, final, suspended, degraded or withdrawn';
COMMENT ON COLUMN mart.fact_signal.revision IS 'How often a correction changed it';
COMMENT ON COLUMN mart.fact_signal.period IS '1 and 2 halves, 3 and 4 extra time, 5 shoot-out, 0 before, 100 after';
COMMENT ON COLUMN mart.fact_signal.elapsed_s IS 'Match clock, seconds';
COMMENT ON COLUMN mart.fact_signal.order_key IS 'With period and elapsed_s the position in match order';
COMMENT ON COLUMN mart.fact_signal.version IS 'Log version that brought the value';
COMMENT ON COLUMN mart.fact_signal.model IS 'Name and version of the model; null without one';
