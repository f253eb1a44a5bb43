-- The feature store: what is true of an entity now (online), what was true at each moment (history), and what there is.
CREATE SCHEMA IF NOT EXISTS feature;
COMMENT ON SCHEMA feature IS 'Features of players, teams, matches and matchups, folded from the log';

CREATE TABLE feature.declared (
    sport         text NOT NULL,
    entity_kind   text NOT NULL CHECK (entity_kind IN ('match', 'team', 'player', 'matchup')),
    feature       text NOT NULL,
    place         integer NOT NULL,
    feature_group text NOT NULL,
    dtype         text NOT NULL CHECK (dtype IN ('int', 'float', 'bool')),
    unit          text NOT NULL,
    description   text NOT NULL,
    ttl_s         double precision NOT NULL CHECK (ttl_s > 0),
    retired_at    timestamptz,
    declared_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (sport, entity_kind, feature),
    UNIQUE (sport, entity_kind, place)
);
COMMENT ON TABLE feature.declared IS 'Every feature that was ever stored, as its file declares it';
COMMENT ON COLUMN feature.declared.place IS 'Which element of `numbers` it is, from 1; kept for ever, also when the feature is gone';
COMMENT ON COLUMN feature.declared.ttl_s IS 'How long a value stays good after its event_timestamp, seconds';
COMMENT ON COLUMN feature.declared.retired_at IS 'Since when no file declares it any more; null while one does';

CREATE TABLE feature.online (
    sport           text NOT NULL,
    entity_kind     text NOT NULL,
    entity_id       text NOT NULL,
    match_id        text NOT NULL,
    event_timestamp timestamptz NOT NULL,
    version         bigint NOT NULL,
    numbers         double precision[] NOT NULL,
    updated_at      timestamptz NOT NULL,
    PRIMARY KEY (entity_kind, entity_id, sport)
) WITH (fillfactor = 70);
CREATE INDEX online_match ON feature.online (match_id);
COMMENT ON TABLE feature.online IS 'One row an entity: all its features as they are now';
COMMENT ON COLUMN feature.online.match_id IS 'The match that the values are of: the newest one of the entity by its clock';
COMMENT ON COLUMN feature.online.event_timestamp IS 'The moment of the match that the values are of, as occurred_at of the log';
COMMENT ON COLUMN feature.online.version IS 'Log version of that match up to which they are folded';
COMMENT ON COLUMN feature.online.numbers IS 'In the order of feature.declared.place; bool as 0 and 1';

CREATE TABLE feature.history (
    event_timestamp   timestamptz NOT NULL,
    created_timestamp timestamptz NOT NULL,
    sport             text NOT NULL,
    entity_kind       text NOT NULL,
    entity_id         text NOT NULL,
    match_id          text NOT NULL,
    version           bigint NOT NULL,
    numbers           double precision[] NOT NULL
);
SELECT create_hypertable('feature.history', by_range('event_timestamp', INTERVAL '90 days'), create_default_indexes => false);
CREATE INDEX history_entity ON feature.history
    (entity_id, entity_kind, sport, event_timestamp DESC, created_timestamp DESC, version DESC);
CREATE INDEX history_match ON feature.history (match_id, event_timestamp);
COMMENT ON TABLE feature.history IS 'What was true of an entity at each full minute and end of a period, where it changed. A correction adds rows and changes none';
COMMENT ON COLUMN feature.history.event_timestamp IS 'The moment that the values are of, as occurred_at of the log: nothing that comes after it in match order is in them';
COMMENT ON COLUMN feature.history.created_timestamp IS 'recorded_at of the newest message that was needed to know them. Of several rows of one moment the newest is how it is finally known';
COMMENT ON COLUMN feature.history.numbers IS 'In the order of feature.declared.place; bool as 0 and 1; all null where a correction took the entity out of the match';

-- A purge takes the match's features along. Real matches alone are folded into features, so there is seldom anything.
CREATE FUNCTION feature.forget_matches() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM feature.online o USING gone WHERE o.match_id = gone.match_id;
    DELETE FROM feature.history h USING gone WHERE h.match_id = gone.match_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER match_forget_features AFTER DELETE ON log.match REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION feature.forget_matches();

-- An operator skipped what is folded into features already, or took it back: the match is folded anew.
CREATE FUNCTION feature.note_skip() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE ops.cursor c SET recompute_at = clock_timestamp()
    WHERE c.pipeline = 'features' AND c.match_id = NEW.match_id AND c.version >= NEW.version;
    RETURN NULL;
END
$$;
CREATE TRIGGER skipped_note_features AFTER INSERT OR UPDATE ON log.skipped
    FOR EACH ROW EXECUTE FUNCTION feature.note_skip();
