-- What an operator has taken out of the fold: the message stays in the log, unchanged, and is not folded.
CREATE TABLE log.skipped (
    skip_id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    match_id        text NOT NULL REFERENCES log.match (match_id) ON DELETE CASCADE,
    version         bigint NOT NULL,
    source_event_id text NOT NULL,
    reason          text NOT NULL CHECK (reason <> ''),
    principal       text NOT NULL,
    skipped_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    undone_at       timestamptz,
    undone_by       text,
    undone_reason   text CHECK (undone_reason <> ''),
    CHECK ((undone_at IS NULL) = (undone_by IS NULL) AND (undone_at IS NULL) = (undone_reason IS NULL))
);
-- Also what every read of the log looks at: nothing is in it for a match of which nothing is skipped.
CREATE UNIQUE INDEX skipped_now ON log.skipped (match_id, version) WHERE undone_at IS NULL;
COMMENT ON TABLE log.skipped IS 'Log versions that are left out of every fold, by an operator''s decision. A skip that was undone stays as a row; the same version skipped again is a row of its own';
COMMENT ON COLUMN log.skipped.version IS 'Version of the match log; its message counts as if it had not come, so an earlier revision of the event holds again';
COMMENT ON COLUMN log.skipped.principal IS 'Who skipped it';
COMMENT ON COLUMN log.skipped.reason IS 'Why, in the operator''s words';
COMMENT ON COLUMN log.skipped.undone_at IS 'When the message was taken back into the fold; null while it is left out';
COMMENT ON COLUMN log.skipped.undone_by IS 'Who took it back';
COMMENT ON COLUMN log.skipped.undone_reason IS 'Why it was taken back';

-- A decision is history: only the undoing of one that holds may be added, once. A purge takes the match's along.
CREATE FUNCTION log.refuse_other_skip() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('touchline.purging', true) = 'on' THEN
        RETURN OLD;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.undone_at IS NULL
       AND to_jsonb(NEW) - '{undone_at,undone_by,undone_reason}'::text[]
         = to_jsonb(OLD) - '{undone_at,undone_by,undone_reason}'::text[] THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a skip is undone, never changed: % on log.skipped is refused', TG_OP;
END
$$;
CREATE TRIGGER skipped_undone_only BEFORE UPDATE OR DELETE ON log.skipped
    FOR EACH ROW EXECUTE FUNCTION log.refuse_other_skip();
CREATE TRIGGER skipped_no_truncate BEFORE TRUNCATE ON log.skipped
    FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change();
