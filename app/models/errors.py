"""What may be wrong with a model, told to the person who can mend it."""

from app.errors import TouchlineError, UsageError


class UnknownModel(UsageError):
    """No artifact of this name lies in app/models/artifacts."""

    status = 404
    title = "Unknown model"


class BrokenModel(TouchlineError):
    """An artifact is unreadable, was edited by hand, or does not fit its kind."""

    title = "A model cannot be used"
