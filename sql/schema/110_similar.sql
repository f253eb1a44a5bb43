-- Moments that can be compared: the table is made where the server has pgvector.
SELECT feature.prepare_soccer_moment();

-- An operator skipped what moments were made of already, or took it back: those of the match are made anew.
CREATE FUNCTION feature.note_skip_similar() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE ops.cursor c SET recompute_at = clock_timestamp()
    WHERE c.pipeline LIKE 'similar:%' AND c.match_id = NEW.match_id AND c.version >= NEW.version;
    RETURN NULL;
END
$$;
CREATE TRIGGER skipped_note_similar AFTER INSERT OR UPDATE ON log.skipped
    FOR EACH ROW EXECUTE FUNCTION feature.note_skip_similar();
