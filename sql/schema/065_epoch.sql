-- What the epoch of stream ids was made for: where any of it is another, numbers may be given out a second time.
ALTER TABLE ops.instance ADD COLUMN database_oid oid;
ALTER TABLE ops.instance ADD COLUMN timeline text;
ALTER TABLE ops.instance ADD COLUMN written_by xid;
COMMENT ON TABLE ops.instance IS 'The epoch of stream ids, and the database it was made for. Without a row (DELETE FROM ops.instance) a new one is made at once';
COMMENT ON COLUMN ops.instance.system_identifier IS 'Of the cluster: another one after a dump was loaded elsewhere';
COMMENT ON COLUMN ops.instance.database_oid IS 'Another one after a dump was loaded into a new database of the cluster, or the database was copied';
COMMENT ON COLUMN ops.instance.timeline IS 'Of the write-ahead log: another one after a recovery to a point in time and in a standby that was promoted, never after a crash';
COMMENT ON COLUMN ops.instance.written_by IS 'The transaction that wrote this row: a row that was loaded from a dump was written by another (xmin)';
