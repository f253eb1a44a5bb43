"""The load of the fault tests: events of made-up matches, and a sender that pushes them as a good sender does."""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice

import httpx

from tests.running import until

TEAMS = ("harbour", "northgate")
# What a good sender sends again after: too many requests, and a service that says it cannot now.
AGAIN = (429, 503)
AGAIN_S = 0.1


class Story:
    """An endless feed of one match: mostly in order, now and then late, amended, retracted (also before it comes), or
    told again. Every message that is not a repeat is new to the log, so `told` is what the log has to hold."""

    def __init__(self, match: str, chance: random.Random) -> None:
        self.match = match
        self.told: list[bytes] = []
        self._chance = chance
        self._number = 0
        self._recorded: list[dict[str, object]] = []
        self._retracted: set[str] = set()

    def __iter__(self) -> Iterator[bytes]:
        """Messages, one at a time. `told` grows as they are taken."""
        for team in TEAMS:
            yield self._new(
                {"id": f"lineup-{team}", "type": "lineup", "period": 1, "order": 0, "clock_s": 0, "team": team}
            )
        while True:
            dice = self._chance.random()
            if dice < 0.05 and self.told:
                yield self._chance.choice(self.told[-20:])
            elif dice < 0.09 and self._recorded:
                yield self._amended()
            elif dice < 0.11 and self._recorded:
                yield self._retraction(str(self._chance.choice(self._recorded)["id"]))
            elif dice < 0.12:
                yield self._retraction(f"e-{self._number + 3:05d}")
            else:
                yield self._recording()

    def _new(self, event: dict[str, object]) -> bytes:
        message = json.dumps(event).encode()
        self.told.append(message)
        return message

    def _recording(self) -> bytes:
        self._number += 1
        late = 30 if self._chance.random() < 0.03 else 0
        clock_s = max(1.0, self._number * 0.5 - late)
        event: dict[str, object] = {
            "id": f"e-{self._number:05d}",
            "period": 1,
            "order": max(1, self._number - 2 * late),
        }
        event |= {"clock_s": clock_s, "team": TEAMS[self._number // 7 % 2], "player": f"p{self._number % 22}"}
        kind = self._chance.choices(("pass", "pressure", "interception", "shot"), (6, 2, 1, 1))[0]
        event |= {"type": kind, "fields": self._fields(kind)}
        self._recorded = [*self._recorded[-40:], event]
        return self._new(event)

    def _fields(self, kind: str) -> dict[str, object]:
        x_m, y_m = round(self._chance.uniform(40, 100), 3), round(self._chance.uniform(5, 63), 3)
        if kind == "shot":
            outcome = self._chance.choice(("saved", "goal", "off_target"))
            return {"x_m": x_m, "y_m": y_m, "outcome": outcome, "body_part": "right_foot", "shot_kind": "open_play"}
        if kind == "pass":
            return {"x_m": x_m, "y_m": y_m, "end_x_m": 70.0, "end_y_m": 34.0, "outcome": "complete"}
        return {"x_m": x_m, "y_m": y_m}

    def _amended(self) -> bytes:
        event = self._chance.choice(self._recorded)
        return self._new({**event, "kind": "amended", "fields": self._fields(str(event["type"]))})

    def _retraction(self, source_event_id: str) -> bytes:
        if source_event_id in self._retracted:
            return self._recording()
        self._retracted.add(source_event_id)
        return self._new({"id": source_event_id, "kind": "retracted"})


class Sender(threading.Thread):
    """Pushes stories over HTTP until it is finished, one body of one to three messages after the other, each again
    until it is acknowledged. An answer that is neither 200 nor one to try again after ends it (`wrong`).

    stories: anything with a match that yields messages. connection: name of a redundant connection.
    """

    def __init__(
        self,
        port: int,
        stories: Sequence[Story] | Sequence[Told],
        chance: random.Random,
        *,
        connection: str = "main",
        pace_s: float = 0.01,
    ) -> None:
        super().__init__(daemon=True)
        self.acknowledged: dict[str, list[bytes]] = {s.match: [] for s in stories}
        self.count = 0
        self.appended = 0
        self.repeated = 0
        self.answers: Counter[str] = Counter()
        self.problems: list[dict[str, object]] = []
        self.wrong = ""
        self._http = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30)
        self._stories = [(s.match, iter(s)) for s in stories]
        self._chance = chance
        self._connection = connection
        self._pace_s = pace_s
        self._finished = threading.Event()
        self._allowed = threading.Event()
        self._allowed.set()

    def run(self) -> None:
        while self._stories and not self._finished.is_set() and not self.wrong:
            for match, story in list(self._stories):
                self._allowed.wait()
                messages = list(islice(story, self._chance.randint(1, 3)))
                if not messages:
                    self._stories.remove((match, story))
                elif self._until_acknowledged(match, b"\n".join(messages)):
                    self.acknowledged[match] += messages
                    self.count += len(messages)
                time.sleep(self._chance.uniform(0, 2 * self._pace_s))

    def _until_acknowledged(self, match: str, body: bytes) -> bool:
        """Also past the end of the test: what is in doubt would make the judgement one of luck."""
        while not self.wrong:
            try:
                answer = self._http.post(
                    f"/v1/feeds/touchline/{match}", content=body, params={"connection": self._connection}
                )
            except httpx.TransportError as exc:
                self.answers[type(exc).__name__] += 1
                time.sleep(AGAIN_S)
                continue
            self.answers[str(answer.status_code)] += 1
            if answer.status_code == 200:
                self.appended += answer.json()["appended"]
                self.repeated += answer.json()["repeated"]
                if answer.json()["quarantined"]:
                    self.wrong = answer.text
                return not self.wrong
            if answer.headers.get("content-type") == "application/problem+json":
                self.problems.append(answer.json())
            if answer.status_code not in AGAIN or "retry-after" not in answer.headers:
                self.wrong = f"{answer.status_code} {answer.headers} {answer.text}"
            time.sleep(AGAIN_S)
        return False

    def refused(self) -> int:
        """How often it was not acknowledged and sent again."""
        return sum(n for what, n in self.answers.items() if what != "200")

    def goes_on(self, count: int = 10) -> None:
        """Wait until so many more messages are acknowledged."""
        goal = self.count + count
        until(lambda: self.count >= goal or self.wrong)
        assert not self.wrong, self.wrong

    def pause(self) -> None:
        """Send nothing new until `go`."""
        self._allowed.clear()

    def go(self) -> None:
        """Go on."""
        self._allowed.set()

    def end(self) -> None:
        """Send nothing new."""
        self._finished.set()
        self.go()

    def finish(self) -> None:
        """Send nothing new; wait until what is on its way is acknowledged."""
        self.end()
        self.join(60)
        assert not self.is_alive(), f"it still waits for an acknowledgement: {self.answers}"
        assert not self.wrong, self.wrong
        self._http.close()


class Told:
    """A story that is known from its beginning to its end."""

    def __init__(self, match: str, messages: Sequence[bytes]) -> None:
        self.match = match
        self._messages = messages

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._messages)
