-- Rows of finished matches in columns, as an export writes them: docs/decisions/0013.
CREATE TABLE mart.packed (
    match_id  text NOT NULL REFERENCES log.match (match_id) ON DELETE CASCADE,
    name      text NOT NULL,
    made_of   text NOT NULL,
    version   bigint NOT NULL,
    changes   bigint NOT NULL,
    row_count integer NOT NULL,
    packed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    body      bytea NOT NULL,
    PRIMARY KEY (match_id, name)
);
-- It is compressed already; and a part of it is never read.
ALTER TABLE mart.packed ALTER COLUMN body SET STORAGE EXTERNAL;
COMMENT ON TABLE mart.packed IS 'Rows of one match of one table in columns, for exports; true while mart.packed_now has them';
COMMENT ON COLUMN mart.packed.match_id IS 'The match';
COMMENT ON COLUMN mart.packed.name IS 'Table of an export: fact_event, log_event, …';
COMMENT ON COLUMN mart.packed.made_of IS 'Names and types of the columns that the table had then, as a digest';
COMMENT ON COLUMN mart.packed.version IS 'Newest log version that is in it';
COMMENT ON COLUMN mart.packed.changes IS 'mart.kept.changes when it was made';
COMMENT ON COLUMN mart.packed.row_count IS 'How many rows';
COMMENT ON COLUMN mart.packed.packed_at IS 'When it was made';
COMMENT ON COLUMN mart.packed.body IS 'Arrow IPC stream, its buffers compressed with zstd';

-- What is kept of a match holds for what was packed of it, too; of its log, as long as nothing was appended.
CREATE VIEW mart.packed_now AS
SELECT p.match_id, p.name, p.made_of, p.row_count, p.body
FROM mart.packed p
JOIN mart.kept_now n ON n.match_id = p.match_id
JOIN mart.kept k ON k.match_id = p.match_id AND k.kept_changes = p.changes
JOIN log.match l ON l.match_id = p.match_id
WHERE p.version = CASE WHEN p.name = 'log_event' THEN l.version ELSE k.kept_version END;
COMMENT ON VIEW mart.packed_now IS 'What is packed and is what a query would answer now';
COMMENT ON COLUMN mart.packed_now.match_id IS 'The match';
COMMENT ON COLUMN mart.packed_now.name IS 'Table of an export';
COMMENT ON COLUMN mart.packed_now.made_of IS 'Names and types of its columns, as a digest';
COMMENT ON COLUMN mart.packed_now.row_count IS 'How many rows';
COMMENT ON COLUMN mart.packed_now.body IS 'Arrow IPC stream';
