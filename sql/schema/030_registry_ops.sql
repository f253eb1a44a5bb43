-- Which version of a signal is live, who may score a match, and what operators look at.
CREATE TABLE registry.signal_version (
    signal      text NOT NULL,
    version     integer NOT NULL,
    sport       text NOT NULL,
    title       text NOT NULL,
    unit        text NOT NULL,
    stage       text NOT NULL CHECK (stage IN ('shadow', 'live', 'retired')),
    declaration jsonb NOT NULL,
    registered_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (sport, signal, version)
);
CREATE UNIQUE INDEX signal_version_one_live ON registry.signal_version (sport, signal) WHERE stage = 'live';
COMMENT ON TABLE registry.signal_version IS 'Every version of every signal that was ever scored; readers join the live one';

CREATE TABLE registry.entity_alias (
    entity_id    text PRIMARY KEY,
    canonical_id text NOT NULL
);
COMMENT ON TABLE registry.entity_alias IS 'Provider-qualified ids that are one and the same; resolved at read, so that a merge rewrites nothing';

CREATE TABLE ops.instance (
    only_row          boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    epoch             text NOT NULL,
    system_identifier text NOT NULL
);
COMMENT ON TABLE ops.instance IS 'The epoch of stream ids; it changes only when the database was restored elsewhere';

CREATE TABLE ops.cursor (
    match_id         text NOT NULL REFERENCES log.match (match_id) ON DELETE CASCADE,
    pipeline         text NOT NULL,
    version          bigint NOT NULL DEFAULT 0,
    lease_owner      text,
    lease_epoch      bigint NOT NULL DEFAULT 0,
    lease_expires_at timestamptz,
    parked_at        timestamptz,
    parked_reason    text,
    attempts         integer NOT NULL DEFAULT 0,
    retry_at         timestamptz,
    PRIMARY KEY (pipeline, match_id)
);
COMMENT ON TABLE ops.cursor IS 'How far each pipeline has scored each match, under whose lease; a parked match waits for retry_at and holds nobody up';
COMMENT ON COLUMN ops.cursor.lease_epoch IS 'Counts up with every claim; a commit under an older epoch is refused';

CREATE TABLE ops.worker (
    worker_id  text PRIMARY KEY,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    seen_at    timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE ops.worker IS 'Scoring workers and when each was last seen';

CREATE TABLE ops.replay (
    replay_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    match_id   text NOT NULL UNIQUE REFERENCES log.match (match_id) ON DELETE CASCADE,
    replay_of  text NOT NULL,
    speed      double precision NOT NULL CHECK (speed > 0),
    status     text NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting', 'running', 'finished', 'failed')),
    runner     text,
    seen_at    timestamptz,
    reason     text,
    principal  text NOT NULL DEFAULT 'local',
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE ops.replay IS 'Stored matches that are run again; speed is match seconds a second';

CREATE TABLE ops.api_key (
    key_id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    principal     text NOT NULL,
    key_hash      bytea NOT NULL UNIQUE,
    scopes        text[] NOT NULL DEFAULT '{}',
    licence_scope text NOT NULL DEFAULT 'unrestricted',
    created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    revoked_at    timestamptz
);
COMMENT ON TABLE ops.api_key IS 'Keys of those who are not on loopback; only the hash is kept';

CREATE TABLE ops.audit (
    audit_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at            timestamptz NOT NULL DEFAULT clock_timestamp(),
    principal     text NOT NULL,
    licence_scope text NOT NULL DEFAULT 'unrestricted',
    action        text NOT NULL,
    match_id      text,
    details       jsonb NOT NULL DEFAULT '{}'
);
COMMENT ON TABLE ops.audit IS 'Who did what to the service itself: purges, rebuilds, replays';
