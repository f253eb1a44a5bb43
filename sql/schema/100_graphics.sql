-- Graphics engines that get commands of a match, and who sends them.
CREATE TABLE ops.graphics_target (
    target_id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    match_id          text NOT NULL REFERENCES log.match (match_id) ON DELETE CASCADE,
    url               text NOT NULL,
    graphics          text[] NOT NULL DEFAULT '{}',
    fallback          text NOT NULL DEFAULT 'stale' CHECK (fallback IN ('stale', 'static')),
    stale_after_s     double precision NOT NULL DEFAULT 180 CHECK (stale_after_s > 0),
    principal         text NOT NULL,
    licence_scope     text NOT NULL DEFAULT 'unrestricted',
    created_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    shown_seq         bigint NOT NULL DEFAULT 0,
    delivered         bigint NOT NULL DEFAULT 0,
    failures          bigint NOT NULL DEFAULT 0,
    dropped           bigint NOT NULL DEFAULT 0,
    breaker           text NOT NULL DEFAULT 'closed' CHECK (breaker IN ('closed', 'open', 'half_open')),
    is_stale          boolean NOT NULL DEFAULT false,
    last_delivered_at timestamptz,
    last_ms           double precision,
    last_error        text,
    UNIQUE (match_id, url)
);
COMMENT ON TABLE ops.graphics_target IS 'Graphics engines: which commands of which match go where, and how that goes';
COMMENT ON COLUMN ops.graphics_target.graphics IS 'Which graphics; none: all that the sport has';
COMMENT ON COLUMN ops.graphics_target.fallback IS 'When live data stop: the last good value marked stale, or a static display';
COMMENT ON COLUMN ops.graphics_target.shown_seq IS 'The last play that was shown, by its place in the stream';
COMMENT ON COLUMN ops.graphics_target.dropped IS 'Commands that a newer one replaced before they were sent, and plays that were no news any more';
COMMENT ON COLUMN ops.graphics_target.last_ms IS 'From the commit of the last delivered value to the engine''s answer, milliseconds';

CREATE TABLE ops.graphics_sender (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    term     bigint NOT NULL,
    holder   text NOT NULL,
    since    timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE ops.graphics_sender IS 'Who sends commands: one process at a time, which holds an advisory lock; every one has a higher term than those before it';
