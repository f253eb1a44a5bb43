"""The card of every committed model, and that a model trained on data for research alone never becomes one."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from analytics import artifact, train
from app import settings
from app.errors import UsageError
from app.models.registry import ARTIFACTS
from app.sports.base import sports
from app.sports.loading import signals

FILES = sorted(ARTIFACTS.glob("*.json"))


def of(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_card_says_what_a_model_is_made_of(path: Path) -> None:
    card = of(path)["card"]
    assert card["licence"] in ("CC BY 4.0", "none stated upstream")
    assert card["research_only"] is False
    # What nobody licensed has its position told at length, what was published has its publication named.
    of_licence = "doi" if card["licence"] == "CC BY 4.0" else "licence_position"
    for words in ("title", "training_data", "source", of_licence, "split", "trained_by", "limits"):
        assert len(card[words]) > 10, words
    assert re.fullmatch(r"\d+\.\d+\.\d+", card["code_version"])
    assert card["n_train"] > 0
    assert card["metrics"]
    assert all(isinstance(figure, int | float) for figure in card["metrics"].values())
    assert card["features"]
    assert card["trained_by"] == f"touchline train {path.stem} --data FOLDER"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_features_of_a_card_are_those_of_its_model(path: Path) -> None:
    made = of(path)
    declared = {name for sport in sports().values() for name in sport.features}
    given = made["parameters"].get("features") if made["kind"] in ("logistic", "logistic_pair", "trees") else None
    assert given == made["card"]["features"] if given else set(made["card"]["features"]) <= declared


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_hash_is_that_of_the_parameters(path: Path) -> None:
    made = of(path)
    text = json.dumps(made["parameters"], sort_keys=True, separators=(",", ":"))
    assert made["sha256"] == hashlib.sha256(text.encode()).hexdigest()


def test_every_model_of_a_signal_is_committed_and_can_be_trained_again() -> None:
    used = {s.spec.model for sport in sports().values() for s in signals(sport).values() if s.spec.model is not None}
    assert used <= {path.stem for path in FILES} <= set(train.TRAINERS) - train.RESEARCH_ONLY


def test_a_research_only_model_is_never_written_into_the_package(tmp_path: Path) -> None:
    made = artifact.build("xg_freeze_frame", "params", {"a": 1}, {"research_only": True})
    for folder in (ARTIFACTS, ARTIFACTS.parent / "new", ARTIFACTS / ".." / "artifacts"):
        with pytest.raises(UsageError, match="TOUCHLINE_HOME"):
            artifact.write(made, folder)
    assert not (ARTIFACTS / "xg_freeze_frame.json").exists()
    link = tmp_path / "link"
    link.symlink_to(ARTIFACTS)
    with pytest.raises(UsageError, match="research"):
        artifact.write(made, link)
    assert artifact.write(made, tmp_path / "models").is_file()


def test_training_one_for_the_package_is_refused_before_the_data_is_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="research"):
        train.run("xg_freeze_frame", tmp_path / "nowhere", ARTIFACTS)


def test_models_of_ones_own_lie_in_the_home_folder(tmp_path: Path) -> None:
    assert settings.models(settings.load({"TOUCHLINE_HOME": str(tmp_path)})) == tmp_path / "models"
