"""Feast with its PostgreSQL stores, driven line by line. Runs in a virtual environment of its own and imports nothing of
Touchline.

Argument: a JSON file with `folder`, `server` (host, port, database, user, password), `features` (name to int, float or bool),
`table`, `ttl_s`, `spine` (a Parquet file) and `entities` (lists of ids, one list a read). Standard input: `online` or
`training`. Standard output: one JSON object a line.
"""

import json
import os
import sys
import time
from datetime import timedelta
from pathlib import Path

os.environ["FEAST_USAGE"] = "False"

import pandas as pd  # pyright: ignore[reportMissingImports]
import psycopg
from feast import Entity, FeatureStore, FeatureView, Field, ValueType  # pyright: ignore[reportMissingImports]
from feast.infra.offline_stores.contrib.postgres_offline_store.postgres_source import (  # pyright: ignore[reportMissingImports]
    PostgreSQLSource,
)
from feast.types import Bool, Float64, Int64  # pyright: ignore[reportMissingImports]

TYPES = {"int": Int64, "float": Float64, "bool": Bool}
VIEW = "player_features"
NEWEST = "SELECT DISTINCT ON (player_id) * FROM {} ORDER BY player_id, event_timestamp DESC, created_timestamp DESC"


def said(**answer: object) -> None:
    """One answer."""
    print(json.dumps(answer), flush=True)


def repository(given: dict) -> FeatureStore:
    """A feature repository on the server, applied."""
    server = {**given["server"], "db_schema": "rival"}
    config = {
        "project": "bench",
        "provider": "local",
        "registry": str(Path(given["folder"]) / "registry.db"),
        "online_store": {"type": "postgres", **server},
        "offline_store": {"type": "postgres", **server},
        "entity_key_serialization_version": 3,
    }
    # JSON is YAML.
    (Path(given["folder"]) / "feature_store.yaml").write_text(json.dumps(config))
    store = FeatureStore(repo_path=given["folder"])
    player = Entity(name="player", join_keys=["player_id"], value_type=ValueType.STRING)
    view = FeatureView(
        name=VIEW,
        entities=[player],
        ttl=timedelta(seconds=given["ttl_s"]),
        schema=[Field(name=name, dtype=TYPES[kind]) for name, kind in given["features"].items()],
        source=PostgreSQLSource(
            name="source",
            query=f"SELECT * FROM {given['table']}",  # noqa: S608
            timestamp_field="event_timestamp",
            created_timestamp_column="created_timestamp",
        ),
        online=True,
    )
    store.apply([player, view])
    return store


def sums(frame: pd.DataFrame, names: list) -> dict:
    """How many values each feature has, and what they add up to."""
    return {n: [int(frame[n].notna().sum()), round(float(frame[n].astype(float).sum()), 2)] for n in names}


def main() -> None:
    """Answer until standard input ends."""
    given = json.loads(Path(sys.argv[1]).read_text())
    names = list(given["features"])
    references = [f"{VIEW}:{name}" for name in names]
    store = repository(given)
    server = given["server"]
    with psycopg.connect(
        host=server["host"],
        port=server["port"],
        dbname=server["database"],
        user=server["user"],
        password=server["password"],
    ) as connection:
        cursor = connection.execute(NEWEST.format(given["table"]))
        newest = pd.DataFrame(cursor.fetchall(), columns=[c.name for c in cursor.description])
    store.write_to_online_store(VIEW, newest)
    spine = pd.read_parquet(given["spine"])
    said(ready=True, entities=len(newest))
    for line in sys.stdin:
        if line.strip() == "online":
            times = []
            for ids in given["entities"]:
                rows = [{"player_id": i} for i in ids]
                began = time.perf_counter()
                answer = store.get_online_features(features=references, entity_rows=rows).to_dict()
                times.append((time.perf_counter() - began) * 1000)
                if any(len(answer[name]) != len(ids) for name in names):
                    raise SystemExit("an entity or a feature is missing")
            said(ms=times, total=sum(float(v or 0) for name in names for v in answer[name]))
        else:
            began = time.perf_counter()
            frame = store.get_historical_features(entity_df=spine, features=references).to_df()
            said(seconds=time.perf_counter() - began, rows=len(frame), sums=sums(frame, names))


main()
