-- The log: what came in, as it came, once. Nothing here is ever changed in place.
CREATE SCHEMA log;
CREATE SCHEMA signal;
CREATE SCHEMA rollup;
CREATE SCHEMA mart;
CREATE SCHEMA registry;
CREATE SCHEMA ops;

CREATE TABLE log.match (
    match_id        text PRIMARY KEY CHECK (match_id ~ '^[A-Za-z0-9][A-Za-z0-9._~:-]{0,119}$'),
    sport           text NOT NULL,
    origin          text NOT NULL CHECK (origin IN ('live', 'import', 'replay', 'simulation')),
    replay_of       text REFERENCES log.match (match_id) ON DELETE SET NULL,
    anchor_at       timestamptz NOT NULL,
    anchor_source   text NOT NULL CHECK (anchor_source IN ('kickoff', 'first_append')),
    version         bigint NOT NULL DEFAULT 0,
    licence_scope   text NOT NULL DEFAULT 'unrestricted',
    principal       text NOT NULL DEFAULT 'local',
    created_at      timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE log.match IS 'One row a match: its counter of versions and the anchor of its time';
COMMENT ON COLUMN log.match.version IS 'Newest version of the match log; bumped inside the append, so versions are gapless and in commit order';
COMMENT ON COLUMN log.match.anchor_at IS 'Kick-off on the wall, fixed at the first append; every occurred_at counts from it';
COMMENT ON COLUMN log.match.anchor_source IS 'Where anchor_at comes from: a stated kick-off, or the moment of the first append';

CREATE TABLE log.stream (
    stream_id         integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    match_id          text NOT NULL REFERENCES log.match (match_id) ON DELETE CASCADE,
    provider          text NOT NULL,
    provider_match_id text NOT NULL,
    role              text NOT NULL CHECK (role IN ('events', 'control', 'tracking', 'odds')),
    connection        text NOT NULL DEFAULT 'main',
    is_primary        boolean NOT NULL DEFAULT false,
    options           jsonb NOT NULL DEFAULT '{}',
    licence_scope     text NOT NULL DEFAULT 'unrestricted',
    created_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (match_id, provider, role, connection)
);
CREATE UNIQUE INDEX stream_one_primary ON log.stream (match_id) WHERE is_primary;
COMMENT ON TABLE log.stream IS 'Who tells about a match: provider, role and connection. Two connections of one provider share its identities';
COMMENT ON COLUMN log.stream.is_primary IS 'The event stream that is folded; a second provider is kept, and never doubles a score';
COMMENT ON COLUMN log.stream.options IS 'What must be known of the whole stream to decode one message the same way for ever';

CREATE TABLE log.feed_event (
    recorded_at       timestamptz NOT NULL,
    match_id          text NOT NULL,
    version           bigint NOT NULL,
    stream_id         integer NOT NULL,
    control           boolean NOT NULL,
    source_event_id   text NOT NULL,
    revision          integer NOT NULL,
    provider_revision bigint,
    kind              text NOT NULL CHECK (kind IN ('recorded', 'amended', 'retracted')),
    effective         boolean NOT NULL,
    type              text NOT NULL,
    period            smallint NOT NULL,
    order_key         double precision NOT NULL,
    elapsed_s         double precision NOT NULL,
    occurred_at       timestamptz NOT NULL,
    team_id           text,
    player_id         text,
    fields            jsonb NOT NULL,
    raw               bytea NOT NULL,
    principal         text NOT NULL DEFAULT 'local'
);
SELECT create_hypertable('log.feed_event', by_range('recorded_at', INTERVAL '7 days'), create_default_indexes => false);
CREATE INDEX feed_event_match_version ON log.feed_event (match_id, version);
CREATE INDEX feed_event_identity ON log.feed_event (match_id, source_event_id);
COMMENT ON TABLE log.feed_event IS 'Every message of every event stream and every control event, in order of arrival. Append-only';
COMMENT ON COLUMN log.feed_event.revision IS 'Ours: 1 for the first message of an identity, counting up';
COMMENT ON COLUMN log.feed_event.effective IS 'False when it arrived already overtaken (an older provider revision, or after its retraction); kept, and not folded';
COMMENT ON COLUMN log.feed_event.order_key IS 'The provider''s own order inside the period; match order is (period, order_key)';
COMMENT ON COLUMN log.feed_event.elapsed_s IS 'Match clock, seconds, counting up across periods';
COMMENT ON COLUMN log.feed_event.occurred_at IS 'anchor_at plus the nominal start of the period plus the seconds played in it';
COMMENT ON COLUMN log.feed_event.raw IS 'The bytes as they came';

CREATE TABLE log.identity (
    match_id          text NOT NULL REFERENCES log.match (match_id) ON DELETE CASCADE,
    provider          text NOT NULL,
    role              text NOT NULL,
    source_event_id   text NOT NULL,
    revision          integer NOT NULL,
    provider_revision bigint,
    retracted         boolean NOT NULL,
    effective         boolean NOT NULL,
    content_hash      bytea NOT NULL,
    version           bigint NOT NULL,
    PRIMARY KEY (match_id, provider, role, source_event_id, revision)
);
COMMENT ON TABLE log.identity IS 'Each revision of each source event, for deduplication: a hypertable key cannot enforce it across chunks';

CREATE TABLE log.quarantine (
    quarantine_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    match_id        text NOT NULL,
    provider        text NOT NULL,
    source_event_id text,
    reason          text NOT NULL,
    payload_hash    bytea NOT NULL,
    payload         bytea NOT NULL,
    payload_bytes   bigint NOT NULL,
    principal       text NOT NULL DEFAULT 'local',
    first_seen_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_seen_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    seen            bigint NOT NULL DEFAULT 1,
    UNIQUE (match_id, provider, payload_hash)
);
COMMENT ON TABLE log.quarantine IS 'Messages that could not be decoded, with the reason. The same message again counts up `seen`';
COMMENT ON COLUMN log.quarantine.payload IS 'The first 256 KiB of the message; payload_bytes is its whole length';

CREATE TABLE log.tracking_frame (
    recorded_at  timestamptz NOT NULL,
    occurred_at  timestamptz NOT NULL,
    match_id     text NOT NULL,
    stream_id    integer NOT NULL,
    version      bigint NOT NULL,
    period       smallint NOT NULL,
    frame        bigint NOT NULL,
    elapsed_s    double precision NOT NULL,
    ball_xyz_m   real[],
    home_xy_m    real[] NOT NULL,
    away_xy_m    real[] NOT NULL
);
SELECT create_hypertable('log.tracking_frame', by_range('recorded_at', INTERVAL '1 day'), create_default_indexes => false);
CREATE INDEX tracking_frame_match ON log.tracking_frame (match_id, version);
COMMENT ON TABLE log.tracking_frame IS 'One row a frame; coordinates in metres as flat arrays. Its own sequence of versions';

CREATE TABLE log.odds_tick (
    recorded_at  timestamptz NOT NULL,
    match_id     text NOT NULL,
    stream_id    integer NOT NULL,
    version      bigint NOT NULL,
    bookmaker    text NOT NULL,
    market       text NOT NULL,
    outcome      text NOT NULL,
    decimal_odds double precision,
    suspended    boolean NOT NULL DEFAULT false,
    raw          bytea NOT NULL
);
SELECT create_hypertable('log.odds_tick', by_range('recorded_at', INTERVAL '7 days'), create_default_indexes => false);
CREATE INDEX odds_tick_match ON log.odds_tick (match_id, version);
COMMENT ON TABLE log.odds_tick IS 'Odds as they were quoted; a suspended market has no price. Its own sequence of versions';

-- Statement triggers keep the service honest (notes in docs/decisions): updates and deletes are refused but for a purge.
CREATE FUNCTION log.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('touchline.purging', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'the log is append-only: % on %.% is refused', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME;
END
$$;
CREATE TRIGGER feed_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON log.feed_event
    FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change();
CREATE TRIGGER identity_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON log.identity
    FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change();
