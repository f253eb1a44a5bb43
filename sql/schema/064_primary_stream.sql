-- Every read of the log asks which stream is folded; without this it would look through the whole match for the answer.
CREATE INDEX feed_event_primary_stream ON log.feed_event (match_id, version) WHERE control AND type = 'primary_stream';
