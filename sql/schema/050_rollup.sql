-- Which buckets of which match a commit has touched. The worker empties it; readers of the Apache edition's
-- rollups compute what still lies here, so a rollup is never behind.
CREATE TABLE rollup.dirty (
    source    text NOT NULL,
    match_id  text NOT NULL,
    bucket    timestamptz NOT NULL,
    queued_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (source, match_id, bucket)
);
COMMENT ON TABLE rollup.dirty IS 'Minutes of a source that wait for a refresh of the rollups over it';
-- A commit locks the row it touches (DO UPDATE), so that a refresh cannot clear it before the commit's points are seen.
