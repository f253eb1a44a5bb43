-- What reads of finished seasons look at. Only corrections are in this one: whoever asks which messages of a match were
-- overtaken passes over no others.
CREATE INDEX identity_revised ON log.identity (match_id, source_event_id) WHERE revision > 1;
