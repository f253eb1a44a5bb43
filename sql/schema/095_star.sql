-- The star schema, whole: competitions, seasons, venues, minutes, kinds of events, models, providers, and which matches'
-- facts are kept. docs/decisions/0009 says why facts are kept after a match and computed during it.
CREATE TABLE mart.dim_competition (
    competition_key integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    competition     text NOT NULL UNIQUE
);
COMMENT ON TABLE mart.dim_competition IS 'One row a competition, as schedules name it';
COMMENT ON COLUMN mart.dim_competition.competition_key IS 'Surrogate key, stable across rebuilds';
COMMENT ON COLUMN mart.dim_competition.competition IS 'Its name as stated by the schedule';

CREATE TABLE mart.dim_season (
    season_key integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    season     text NOT NULL UNIQUE
);
COMMENT ON TABLE mart.dim_season IS 'One row a season, as schedules name it; competitions share it';
COMMENT ON COLUMN mart.dim_season.season_key IS 'Surrogate key, stable across rebuilds';
COMMENT ON COLUMN mart.dim_season.season IS 'Its name as stated by the schedule';

CREATE TABLE mart.dim_venue (
    venue_key integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    venue     text NOT NULL UNIQUE
);
COMMENT ON TABLE mart.dim_venue IS 'One row a venue, as schedules name it';
COMMENT ON COLUMN mart.dim_venue.venue_key IS 'Surrogate key, stable across rebuilds';
COMMENT ON COLUMN mart.dim_venue.venue IS 'Its name as stated by the schedule';

CREATE TABLE mart.dim_provider (
    provider_key integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    provider     text NOT NULL UNIQUE
);
COMMENT ON TABLE mart.dim_provider IS 'One row a provider of which a stream was ever opened; `control` is what people and schedules say';
COMMENT ON COLUMN mart.dim_provider.provider_key IS 'Surrogate key, stable across rebuilds';
COMMENT ON COLUMN mart.dim_provider.provider IS 'Its name, as in the path of a push';

-- A stream is opened once a match: the dimension is whole before its first event. Whoever opens it need not know the marts.
CREATE FUNCTION mart.note_provider() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM mart.dim_provider WHERE provider = NEW.provider) THEN
        INSERT INTO mart.dim_provider (provider) VALUES (NEW.provider) ON CONFLICT (provider) DO NOTHING;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER stream_note_provider AFTER INSERT ON log.stream FOR EACH ROW EXECUTE FUNCTION mart.note_provider();
INSERT INTO mart.dim_provider (provider) SELECT DISTINCT provider FROM log.stream ORDER BY 1;

CREATE TABLE mart.dim_event_type (
    event_type_key integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sport          text NOT NULL,
    event_type     text NOT NULL,
    is_control     boolean NOT NULL,
    description    text NOT NULL,
    UNIQUE (sport, event_type, is_control)
);
COMMENT ON TABLE mart.dim_event_type IS 'One row a kind of event of a sport, as its vocabulary has it';
COMMENT ON COLUMN mart.dim_event_type.event_type_key IS 'Surrogate key, stable across rebuilds';
COMMENT ON COLUMN mart.dim_event_type.sport IS 'Folder of app/sports';
COMMENT ON COLUMN mart.dim_event_type.event_type IS 'Canonical type: pass, shot, …';
COMMENT ON COLUMN mart.dim_event_type.is_control IS 'True for what is said about a match from outside its feed';
COMMENT ON COLUMN mart.dim_event_type.description IS 'What it is';

CREATE TABLE mart.dim_minute (
    minute_key  integer PRIMARY KEY,
    period      smallint NOT NULL,
    period_name text NOT NULL,
    minute      smallint NOT NULL,
    label       text NOT NULL,
    is_stoppage boolean NOT NULL
);
COMMENT ON TABLE mart.dim_minute IS 'One row a minute of the match clock of soccer, in each period that can have it';
COMMENT ON COLUMN mart.dim_minute.minute_key IS 'period × 1000 + minute';
COMMENT ON COLUMN mart.dim_minute.period IS '1 and 2 halves, 3 and 4 extra time, 5 shoot-out, 0 before, 100 after';
COMMENT ON COLUMN mart.dim_minute.period_name IS 'In English';
COMMENT ON COLUMN mart.dim_minute.minute IS 'Full minutes on the match clock: 0 is the first one, the second half begins at 45';
COMMENT ON COLUMN mart.dim_minute.label IS 'As it is shown: 23, and 45+2 in stoppage time';
COMMENT ON COLUMN mart.dim_minute.is_stoppage IS 'Beyond the regular length of its period';
INSERT INTO mart.dim_minute (minute_key, period, period_name, minute, label, is_stoppage)
SELECT p.period * 1000 + m.minute, p.period, p.name, m.minute,
       CASE WHEN m.minute >= p.regular_end THEN p.regular_end || '+' || m.minute - p.regular_end ELSE m.minute::text END,
       m.minute >= p.regular_end
FROM (VALUES (0, 'before the match', 0, 1, 0), (1, 'first half', 0, 45, 199), (2, 'second half', 45, 90, 199),
             (3, 'extra time, first', 90, 105, 199), (4, 'extra time, second', 105, 120, 199),
             (5, 'penalty shoot-out', 120, 200, 199), (100, 'after the match', 0, 1, 0))
    AS p (period, name, first, regular_end, last)
CROSS JOIN LATERAL generate_series(p.first, p.last) AS m (minute);

-- The key of the minute of a moment; clamped to the minutes that the period has.
CREATE FUNCTION mart.minute_key(p_period integer, p_elapsed_s double precision) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT p_period * 1000 + CASE
        WHEN p_period BETWEEN 1 AND 5 THEN
            least(199, greatest((ARRAY[0, 45, 90, 105, 120])[p_period], floor(p_elapsed_s / 60)::integer))
        ELSE 0 END
$$;

CREATE VIEW mart.dim_model_version AS
SELECT model, version AS model_version, model || '@' || version AS label, kind, sha256, licence, research_only, registered_at
FROM registry.model_version;
COMMENT ON VIEW mart.dim_model_version IS 'Every version of every model that a signal was ever bound to';
COMMENT ON COLUMN mart.dim_model_version.model IS 'Name of the model';
COMMENT ON COLUMN mart.dim_model_version.model_version IS 'Its version, counting up';
COMMENT ON COLUMN mart.dim_model_version.label IS 'As mart.fact_signal.model says it';
COMMENT ON COLUMN mart.dim_model_version.kind IS 'Which kernel computes it';
COMMENT ON COLUMN mart.dim_model_version.sha256 IS 'Of its parameters';
COMMENT ON COLUMN mart.dim_model_version.licence IS 'Of the data that it was trained on';
COMMENT ON COLUMN mart.dim_model_version.research_only IS 'Trained on data that may not be used on air';
COMMENT ON COLUMN mart.dim_model_version.registered_at IS 'When it was first seen';

ALTER TABLE mart.dim_match
    ADD COLUMN competition_key integer REFERENCES mart.dim_competition (competition_key),
    ADD COLUMN season_key integer REFERENCES mart.dim_season (season_key),
    ADD COLUMN venue_key integer REFERENCES mart.dim_venue (venue_key);
COMMENT ON COLUMN mart.dim_match.competition_key IS 'mart.dim_competition; null until it is stated';
COMMENT ON COLUMN mart.dim_match.season_key IS 'mart.dim_season; null until it is stated';
COMMENT ON COLUMN mart.dim_match.venue_key IS 'mart.dim_venue; null until it is stated';
INSERT INTO mart.dim_competition (competition) SELECT DISTINCT competition FROM mart.dim_match WHERE competition IS NOT NULL ORDER BY 1;
INSERT INTO mart.dim_season (season) SELECT DISTINCT season FROM mart.dim_match WHERE season IS NOT NULL ORDER BY 1;
INSERT INTO mart.dim_venue (venue) SELECT DISTINCT venue FROM mart.dim_match WHERE venue IS NOT NULL ORDER BY 1;
UPDATE mart.dim_match m SET
    competition_key = (SELECT competition_key FROM mart.dim_competition c WHERE c.competition = m.competition),
    season_key = (SELECT season_key FROM mart.dim_season s WHERE s.season = m.season),
    venue_key = (SELECT venue_key FROM mart.dim_venue v WHERE v.venue = m.venue)
WHERE competition IS NOT NULL OR season IS NOT NULL OR venue IS NOT NULL;

-- Facts that are made of a whole match are kept once it is over. What is kept holds as long as nothing has been committed
-- since that could change it: neither a log version nor one of the `changes` that leave the version as it is.
CREATE TABLE mart.kept (
    match_id     text PRIMARY KEY REFERENCES log.match (match_id) ON DELETE CASCADE,
    changes      bigint NOT NULL DEFAULT 0,
    kept_changes bigint NOT NULL DEFAULT -1,
    kept_version bigint NOT NULL DEFAULT -1,
    kept_at      timestamptz,
    holds        boolean NOT NULL GENERATED ALWAYS AS (kept_changes = changes) STORED
);
COMMENT ON TABLE mart.kept IS 'Of which matches the facts are kept in tables: where kept_version and kept_changes are still those of the match. Those of the others are computed as they are read';
COMMENT ON COLUMN mart.kept.match_id IS 'The match';
COMMENT ON COLUMN mart.kept.changes IS 'Counts up with every commit that changes the match other than by a new log version alone';
COMMENT ON COLUMN mart.kept.kept_changes IS '`changes` when the facts were kept';
COMMENT ON COLUMN mart.kept.kept_version IS 'Log version up to which the match was scored when the facts were kept';
COMMENT ON COLUMN mart.kept.kept_at IS 'When the facts were kept last';
COMMENT ON COLUMN mart.kept.holds IS 'No such change has come since. A column, so that the planner knows how many rows it is true of';
INSERT INTO mart.kept (match_id) SELECT match_id FROM mart.dim_match;

-- A version is never below the one that was kept: `<=` says the same as `=`, and the planner does not take it for rare.
CREATE VIEW mart.kept_now AS
SELECT d.match_key, d.match_id, d.sport
FROM mart.dim_match d
JOIN mart.kept k ON k.match_id = d.match_id AND k.holds
JOIN ops.cursor c ON c.match_id = d.match_id AND c.pipeline = 'live' AND c.version <= k.kept_version
WHERE d.is_real;
COMMENT ON VIEW mart.kept_now IS 'Real matches whose facts are read from tables';
COMMENT ON COLUMN mart.kept_now.match_key IS 'mart.dim_match';
COMMENT ON COLUMN mart.kept_now.match_id IS 'The match''s own id';
COMMENT ON COLUMN mart.kept_now.sport IS 'Folder of app/sports';

CREATE VIEW mart.computed_now AS
SELECT d.match_key, d.match_id, d.sport
FROM mart.dim_match d
LEFT JOIN mart.kept k ON k.match_id = d.match_id AND k.holds
LEFT JOIN ops.cursor c ON c.match_id = d.match_id AND c.pipeline = 'live' AND c.version <= k.kept_version
WHERE d.is_real AND c.match_id IS NULL;
COMMENT ON VIEW mart.computed_now IS 'Real matches whose facts are computed from the log as they are read: those that are played, and those that were just corrected';
COMMENT ON COLUMN mart.computed_now.match_key IS 'mart.dim_match';
COMMENT ON COLUMN mart.computed_now.match_id IS 'The match''s own id';
COMMENT ON COLUMN mart.computed_now.sport IS 'Folder of app/sports';

CREATE VIEW mart.dim_team_history AS
WITH told AS (
    SELECT t.team_key, t.team_id, side.name, m.kickoff_at, m.match_key
    FROM mart.dim_match m
    JOIN signal.match_state s ON s.match_id = m.match_id
    CROSS JOIN LATERAL (VALUES (s.home_id, s.home_name), (s.away_id, s.away_name)) AS side (id, name)
    JOIN mart.dim_team t ON t.team_id = side.id
    WHERE m.is_real AND side.name IS NOT NULL
), marked AS (
    SELECT *, name IS DISTINCT FROM lag(name) OVER (PARTITION BY team_key ORDER BY kickoff_at, match_key) AS begins FROM told
)
SELECT team_key::bigint << 32 | match_key AS team_history_key, team_key, team_id, name, kickoff_at AS valid_from,
       coalesce(lead(kickoff_at) OVER (PARTITION BY team_key ORDER BY kickoff_at, match_key), 'infinity') AS valid_to,
       lead(kickoff_at) OVER (PARTITION BY team_key ORDER BY kickoff_at, match_key) IS NULL AS is_current
FROM marked WHERE begins;
COMMENT ON VIEW mart.dim_team_history IS 'Type 2: one row for each time that a team had a name, as its matches told it';
COMMENT ON COLUMN mart.dim_team_history.team_history_key IS 'Of the team and of the first match under this name';
COMMENT ON COLUMN mart.dim_team_history.team_key IS 'mart.dim_team';
COMMENT ON COLUMN mart.dim_team_history.team_id IS 'Provider-qualified';
COMMENT ON COLUMN mart.dim_team_history.name IS 'The name that its matches told then';
COMMENT ON COLUMN mart.dim_team_history.valid_from IS 'Kick-off of the first match under this name';
COMMENT ON COLUMN mart.dim_team_history.valid_to IS 'Kick-off of the first match under the next one, which is not part of it; infinity for the current name';
COMMENT ON COLUMN mart.dim_team_history.is_current IS 'True for the newest name';
