-- What a sender has called an amendment outright: its original, when it comes later, does not replace it.
ALTER TABLE log.identity ADD COLUMN amends boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN log.identity.amends IS 'The message itself said that it amends the event (kind amended), whatever came before it';
