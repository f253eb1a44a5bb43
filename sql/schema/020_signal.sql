-- What is true now (point), what was said and when (publication), and the newest picture of each match.
CREATE TABLE signal.point (
    occurred_at     timestamptz NOT NULL,
    match_id        text NOT NULL,
    signal          text NOT NULL,
    signal_version  integer NOT NULL,
    subject         text NOT NULL,
    anchor          text NOT NULL,
    team_id         text,
    source_event_id text,
    value           double precision,
    status          text NOT NULL CHECK (status IN ('provisional', 'final', 'suspended', 'degraded', 'withdrawn')),
    revision        integer NOT NULL DEFAULT 0,
    period          smallint NOT NULL,
    elapsed_s       double precision NOT NULL,
    order_key       double precision NOT NULL,
    version         bigint NOT NULL,
    model           text
);
SELECT create_hypertable('signal.point', by_range('occurred_at', INTERVAL '7 days'), create_default_indexes => false);
CREATE UNIQUE INDEX point_key ON signal.point (match_id, signal, signal_version, subject, anchor, occurred_at);
CREATE INDEX point_order ON signal.point (match_id, signal, signal_version, period, elapsed_s, order_key);
COMMENT ON TABLE signal.point IS 'The values of every signal as they are true now: one row a match, signal, version, subject and anchor';
COMMENT ON COLUMN signal.point.anchor IS 'What the value hangs on: event:<source event id>, or minute:<period>:<minute>';
COMMENT ON COLUMN signal.point.order_key IS 'With period and elapsed_s the position in match order; -1 for a full minute, which comes before what happens in it';
COMMENT ON COLUMN signal.point.revision IS 'How often a correction changed it';
COMMENT ON COLUMN signal.point.version IS 'Log version that brought the value';

CREATE SEQUENCE signal.pub_seq;
CREATE TABLE signal.publication (
    published_at  timestamptz NOT NULL,
    pub_seq       bigint NOT NULL,
    match_id      text NOT NULL,
    event         text NOT NULL CHECK (event IN ('event', 'signal', 'correction', 'withdrawn', 'end')),
    signal        text,
    event_type    text,
    version       bigint NOT NULL,
    recorded_at   timestamptz,
    body          text NOT NULL
);
SELECT create_hypertable('signal.publication', by_range('published_at', INTERVAL '1 day'), create_default_indexes => false);
CREATE INDEX publication_seq ON signal.publication (pub_seq);
CREATE INDEX publication_match_seq ON signal.publication (match_id, pub_seq);
COMMENT ON TABLE signal.publication IS 'Every frame that was published, in commit order (pub_seq). Append-only; the stream and as_of_time read it';
COMMENT ON COLUMN signal.publication.body IS 'The JSON of the frame''s data, as the scorer wrote it';

CREATE TRIGGER publication_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON signal.publication
    FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change();

CREATE TABLE signal.match_state (
    match_id    text PRIMARY KEY REFERENCES log.match (match_id) ON DELETE CASCADE,
    version     bigint NOT NULL,
    home_id     text,
    away_id     text,
    home_name   text,
    away_name   text,
    home_score  integer NOT NULL,
    away_score  integer NOT NULL,
    period      smallint NOT NULL,
    elapsed_s   double precision NOT NULL,
    clock_display text NOT NULL,
    status      text NOT NULL,
    details     jsonb NOT NULL,
    updated_at  timestamptz NOT NULL
);
COMMENT ON TABLE signal.match_state IS 'The newest picture of each match, written by the commit that scored it';
