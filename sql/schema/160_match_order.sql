-- The log in match order: a page of a match's events reads as many messages as it shows (log.event_page).
CREATE INDEX feed_event_match_order ON log.feed_event (match_id, period, order_key, source_event_id) WHERE NOT control AND effective;
