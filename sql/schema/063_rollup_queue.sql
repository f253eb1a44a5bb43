-- A row of its own for each touch: a commit never waits for a refresh that clears the same minute.
ALTER TABLE rollup.dirty DROP CONSTRAINT dirty_pkey;
ALTER TABLE rollup.dirty ADD COLUMN queue_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY;
CREATE INDEX dirty_bucket ON rollup.dirty (source, match_id, bucket, queued_at);
COMMENT ON TABLE rollup.dirty IS 'Minutes of a source that wait for a refresh of the rollups over it, once for each commit that touched them';
