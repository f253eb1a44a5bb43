"""Small Sportec documents for tests, written by hand: an event, a kick-off, a whole request, the match information."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

HOME, AWAY = "DFL-CLU-0HOME", "DFL-CLU-0AWAY"
MATCH = "DFL-MAT-TEST01"
KICK_OFF, WHISTLE, KICK_OFF_2, WHISTLE_2 = "15:30:00.000", "16:17:00.000", "16:33:00.000", "17:21:30.000"


def at(clock: str) -> str:
    """A time of the day of the match."""
    return f"2024-03-02T{clock}+01:00"


def event(name: str, clock: str | None, inside: str, **attributes: Any) -> bytes:
    """One Event. attributes: `X_Position` is written X-Position."""
    time = "" if clock is None else f' EventTime="{at(clock)}"'
    more = "".join(f' {key.replace("_", "-")}="{value}"' for key, value in attributes.items())
    return f'<Event MatchId="{MATCH}" EventId="{name}"{time}{more}>\n {inside}\n</Event>'.encode()


def place(x: float, y: float) -> dict[str, Any]:
    return {"X_Position": f"{x:.2f}", "Y_Position": f"{y:.2f}"}


def kick_off(
    name: str = "k1",
    clock: str = KICK_OFF,
    section: str = "firstHalf",
    left: str | None = HOME,
    x: float = 52.5,
    y: float = 34,
) -> bytes:
    """A period begins; the other team plays from the right."""
    right = AWAY if left == HOME else HOME
    ends = "" if left is None else f' TeamLeft="{left}" TeamRight="{right}"'
    inside = (
        f'<KickOff GameSection="{section}"{ends}><Play Team="{HOME}" Evaluation="successfullyCompleted"/></KickOff>'
    )
    return event(name, clock, inside, **place(x, y))


def whistle(name: str = "w1", clock: str = WHISTLE, section: str = "firstHalf") -> bytes:
    return event(name, clock, f'<FinalWhistle GameSection="{section}" FinalResult="0:0" BreakingOff="false"/>')


def shot(name: str, clock: str, team: str = HOME, outcome: str = "SavedShot", x: float = 94, y: float = 34) -> bytes:
    inside = f'<ShotAtGoal Team="{team}" Player="DFL-OBJ-9" TypeOfShot="head" xG="0.1250"><{outcome}/></ShotAtGoal>'
    return event(name, clock, inside, **place(x, y))


def play(name: str, clock: str, team: str = HOME, x: float = 40, y: float = 20, more: str = "") -> bytes:
    inside = f'<Play Team="{team}" Player="DFL-OBJ-8" Evaluation="successfullyCompleted"{more}><Pass/></Play>'
    return event(name, clock, inside, **place(x, y))


def delete(name: str, clock: str = "16:00:00.000") -> bytes:
    return event(name, clock, "<Delete/>")


def request(events: Iterable[bytes]) -> bytes:
    """A document as it is delivered."""
    head = b'<?xml version="1.0" encoding="UTF-8" standalone="yes" ?>\n'
    return head + b'<PutDataRequest TransmissionComplete="true">\n' + b"\n".join(events) + b"\n</PutDataRequest>\n"


def information(
    length: str = "105.0", width: str = "68.0", home: str = HOME, away: str = AWAY, names: str = "Home FC:Guests"
) -> bytes:
    """The match information: guests first, as nobody promises an order."""
    home_name, away_name = names.split(":")
    player = '<Player PersonId="DFL-OBJ-{0}" ShirtNumber="{0}" Shortname="P. {0}" Starting="{1}" PlayingPosition="TW"/>'
    return f"""<?xml version="1.0" encoding="utf-8"?>
<PutDataRequest>
 <MatchInformation>
  <General MatchId="{MATCH}" KickoffTime="{at("15:29:00.000")}" MatchTitle="{names}"/>
  <Environment StadiumName="The Meadow" PitchX="{length}" PitchY="{width}"/>
  <Teams>
   <Team TeamId="{away}" TeamName="{away_name}" Role="guest" LineUp="4-4-2">
    <Players>{player.format(11, "true")}{player.format(12, "false")}</Players>
   </Team>
   <Team TeamId="{home}" TeamName="{home_name}" Role="home"><Players>{player.format(9, "true")}</Players></Team>
  </Teams>
 </MatchInformation>
</PutDataRequest>""".encode()
