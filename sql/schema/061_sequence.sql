-- A provider's own message numbers, whole documents that leave an event out, and the append that keeps both.
CREATE TABLE log.feed_sequence (
    match_id  text NOT NULL REFERENCES log.match (match_id) ON DELETE CASCADE,
    provider  text NOT NULL,
    role      text NOT NULL,
    high      bigint NOT NULL DEFAULT 0,
    missing   int8multirange NOT NULL DEFAULT '{}',
    gap_since timestamptz,
    given_up  bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (match_id, provider, role)
);
CREATE INDEX feed_sequence_gap ON log.feed_sequence (match_id) WHERE gap_since IS NOT NULL;
COMMENT ON TABLE log.feed_sequence IS 'Where a provider numbers its messages: the highest number that came, and the holes below it. Its connections share it';
COMMENT ON COLUMN log.feed_sequence.missing IS 'Numbers from 1 to high that have not come';
COMMENT ON COLUMN log.feed_sequence.gap_since IS 'Since when there has been a hole without a break; null while there is none';
COMMENT ON COLUMN log.feed_sequence.given_up IS 'Messages in holes that are no longer kept account of: the 1,000 newest holes are';

ALTER TABLE log.identity ADD COLUMN absent boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN log.identity.absent IS 'Retracted because a whole document of the provider left it out; a later document that has it brings it back';

-- Identities are only written by log.append, which holds the lock of their match: looking each up again to enforce a
-- foreign key costs a tenth of an append. What the key did when a match is purged, a trigger does.
ALTER TABLE log.identity DROP CONSTRAINT identity_match_id_fkey;
CREATE FUNCTION log.forget_identities() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM log.identity i USING gone WHERE i.match_id = gone.match_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER match_forget_identities AFTER DELETE ON log.match REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION log.forget_identities();

DROP FUNCTION IF EXISTS log.append(
    text, integer, text, text, text[], text[], bigint[], text[], smallint[], double precision[], double precision[],
    double precision[], text[], text[], text[], bytea[], bytea[]);
DROP FUNCTION IF EXISTS log.quarantine_message(text, text, text, text, bytea, bytea, bigint, text);
