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
COMMENT ON COLUMN mart.dim_match.match_key IS 'Surrogate key, stable across rebuilds';
COMMENT ON COLUMN mart.dim_match.date_key IS 'Day of the kick-off, UTC: mart.dim_date.date_key';

CREATE TABLE mart.dim_team (
    team_key integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    team_id  text NOT NULL UNIQUE,
    name     text
);
COMMENT ON TABLE mart.dim_team IS 'One row a team; team_id is provider-qualified';

CREATE TABLE mart.dim_player (
    player_key integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    player_id  text NOT NULL UNIQUE,
    name       text
);
COMMENT ON TABLE mart.dim_player IS 'One row a player; player_id is provider-qualified';

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

CREATE VIEW mart.dim_signal AS
SELECT sport, signal, version AS signal_version, title, unit, stage,
       declaration ->> 'description' AS description,
       (declaration -> 'range' ->> 0)::double precision AS lowest,
       (declaration -> 'range' ->> 1)::double precision AS highest,
       (declaration ->> 'resolution')::double precision AS resolution
FROM registry.signal_version;
COMMENT ON VIEW mart.dim_signal IS 'Every version of every signal; stage `live` is what readers see';

CREATE VIEW mart.fact_signal AS
SELECT m.match_key, m.match_id, p.occurred_at, p.signal, p.signal_version, p.subject, p.team_id, p.anchor,
       p.source_event_id, p.value, p.status, p.revision, p.period, p.elapsed_s, p.order_key, p.version, p.model
FROM signal.point p
JOIN mart.dim_match m ON m.match_id = p.match_id AND m.is_real
JOIN registry.signal_version v
  ON v.sport = m.sport AND v.signal = p.signal AND v.version = p.signal_version AND v.stage = 'live';
COMMENT ON VIEW mart.fact_signal IS 'Grain: match, signal, subject, anchor. The live version of every signal, real matches only';
