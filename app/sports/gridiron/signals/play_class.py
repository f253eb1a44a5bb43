"""Play class: what kind of play it was, told as the number of plays of that class so far.

Classes (signals.md, part 2): rush; dropback (passes and sacks; a scramble where the provider tells it from a run); kick
(kick-offs, punts, field goals); try; penalty (a foul and no play); no_play (a play that was run and does not count);
kneel; spike. The subject whose count moves at a play is the play's class. Unit: plays.

Edge cases: a play that is entered twice counts once. Overtime counts. A try told with its touchdown is no play of its own.
"""

from typing import Any

from app.sports.base import Signal
from app.sports.gridiron.events import PLAYS

SIGNAL = Signal(
    name="play_class",
    title="Play class",
    description="Plays of each class so far; the class whose count moves at a play is that play's.",
    unit="plays",
    range=(0.0, 1000.0),
    resolution=1.0,
    version=1,
    subject="outcome",
    source="classes of nflfastR (rush, dropback, kick, penalty, no play, kneel, spike)",
    events=frozenset(PLAYS),
    features=("play_class", "play_class_count"),
)


def value(f: Any, model: None, memory: None) -> dict[str, float | None]:
    """How many plays of this play's class there have been; nothing for a play that was entered before."""
    return {f.play_class: float(f.play_class_count)} if f.play_class else {}
