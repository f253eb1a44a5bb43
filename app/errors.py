"""The tree of errors that Touchline raises on purpose. The message is for the person who meets it:
what happened, with which input, and what to do."""


class TouchlineError(Exception):
    """Something went wrong that a person can act on; the message says how.

    retry_after_s: when it is worth trying again, where that is known.
    """

    status = 500
    title = "Touchline could not do this"
    exit_code = 1
    retry_after_s: int | None = None


class UsageError(TouchlineError):
    """The caller asked for something that does not exist or does not fit."""

    status = 400
    title = "The request does not fit"
    exit_code = 2


class SettingError(UsageError):
    """A setting (environment variable) is unknown or has a value that does not fit."""

    title = "A setting does not fit"


class UnknownProvider(UsageError):
    """No file in app/feeds decodes this provider's format."""

    status = 404
    title = "Unknown provider"


class UnknownMatch(UsageError):
    """No match has this id."""

    status = 404
    title = "Unknown match"

    def __init__(self, match_id: str) -> None:
        super().__init__(f"There is no match '{match_id}'. GET /v1/matches?origin=all lists every match.")


class UnreadableFile(UsageError):
    """A file cannot be read as what it should be (missing, truncated, not of this format)."""

    title = "Unreadable file"
    exit_code = 1


class DecodeError(TouchlineError):
    """One message of a feed cannot be decoded. It goes to quarantine; the match goes on.

    reason: one sentence for the operator. source_event_id: the provider's id where one was recognisable.
    payload: the bytes of a stretch that is no message at all (a broken line), for the quarantine.
    """

    status = 422
    title = "Undecodable message"

    def __init__(self, reason: str, source_event_id: str | None = None, payload: bytes = b"") -> None:
        super().__init__(reason)
        self.reason = reason
        self.source_event_id = source_event_id
        self.payload = payload


class DatabaseUnavailable(TouchlineError):
    """PostgreSQL cannot be found, started or reached."""

    status = 503
    title = "The database is not available"
