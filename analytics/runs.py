"""Two trainings beside each other: what differs in data, settings, parameters and metrics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

# Parameters that are listed.
SHOWN = 10
_ABOUT = ("run_id", "trained_at", "model", "version", "model_sha256", "code_version", "n_train", "n_test", "registered")
_DATA = ("data_sets", "data_sha256", "data_files", "data_bytes", "licence", "split")


def flat(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Every number, word or truth inside, by its path: `coefficients.log_distance` where `features` names the places of a
    list beside it, `cells.3.11` where nothing does."""
    if isinstance(value, Mapping):
        names = value.get("features")
        for key, inner in value.items():
            if key == "features" and isinstance(names, list):
                continue
            path = f"{name}.{key}" if name else str(key)
            if isinstance(inner, list) and isinstance(names, list) and len(inner) == len(names):
                for of, element in zip(names, inner, strict=True):
                    yield from flat(element, f"{path}.{of}")
            else:
                yield from flat(inner, path)
    elif isinstance(value, list):
        for place, element in enumerate(value):
            yield from flat(element, f"{name}.{place}" if name else str(place))
    else:
        yield name, value


def compare(a: Mapping[str, Any], b: Mapping[str, Any]) -> dict[str, Any]:
    """What is another in run b than in run a (each the fields of `app.warehouse.training_runs.Run`).

    Returns `a` and `b` (who they are), `data` and `settings` (only what differs: [a, b]), `parameters` (`same`; `only_a`
    and `only_b`: names that the other lacks; `changed`: how many of the shared ones; `largest`: the ten that moved
    furthest, with both values and the difference) and `metrics` (each with a, b and the difference, null where one of them
    has no number).
    """
    mine, theirs = dict(flat(a["parameters"])), dict(flat(b["parameters"]))
    moved = [_beside(name, mine[name], theirs[name]) for name in mine if name in theirs and mine[name] != theirs[name]]
    figures_a, figures_b = dict(flat(a["metrics"])), dict(flat(b["metrics"]))
    return {
        "a": {name: a[name] for name in _ABOUT},
        "b": {name: b[name] for name in _ABOUT},
        "data": {name: [a[name], b[name]] for name in _DATA if a[name] != b[name]},
        "settings": {
            name: [a["settings"].get(name), b["settings"].get(name)]
            for name in sorted({*a["settings"], *b["settings"]})
            if a["settings"].get(name) != b["settings"].get(name)
        },
        "parameters": {
            "same": a["model_sha256"] == b["model_sha256"],
            "only_a": sorted(set(mine) - set(theirs)),
            "only_b": sorted(set(theirs) - set(mine)),
            "changed": len(moved),
            # What is no number has no distance, and is told first.
            "largest": sorted(moved, key=lambda m: -_size(m["difference"]))[:SHOWN],
        },
        "metrics": [
            _beside(name, figures_a.get(name), figures_b.get(name)) for name in dict.fromkeys([*figures_a, *figures_b])
        ],
    }


def render(found: Mapping[str, Any]) -> str:
    """The comparison for people."""
    a, b = found["a"], found["b"]
    lines = [
        f"run {r['run_id']}: {r['model']}@{r['version']}, {r['n_train']} rows, code {r['code_version']}" for r in (a, b)
    ]
    if found["data"]:
        lines += [f"  {name}: {_word(x)} -> {_word(y)}" for name, (x, y) in found["data"].items()]
    else:
        lines.append("  data: the same, byte by byte")
    lines += [f"  {name}: {x} -> {y}" for name, (x, y) in found["settings"].items()]
    of = found["parameters"]
    if of["same"]:
        lines.append("  parameters: the same")
    else:
        lines.append(f"  parameters: {of['changed']} changed")
        for side, told in (("only_a", a), ("only_b", b)):
            if of[side]:
                lines.append(f"    only in run {told['run_id']}: {', '.join(of[side][:SHOWN])}")
        lines += [f"    {_row(m)}" for m in of["largest"]]
    lines.append("  metrics")
    lines += [f"    {_row(m)}" for m in found["metrics"]]
    return "\n".join(lines)


def _beside(name: str, a: Any, b: Any) -> dict[str, Any]:
    return {"name": name, "a": a, "b": b, "difference": b - a if _is_number(a) and _is_number(b) else None}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _size(difference: float | None) -> float:
    return float("inf") if difference is None else abs(difference)


def _row(m: Mapping[str, Any]) -> str:
    by = "" if not m["difference"] else f" ({m['difference']:+.6g})"
    return (
        f"{m['name']}: {_word(m['a'])} -> {_word(m['b'])}{by}" if m["a"] != m["b"] else f"{m['name']}: {_word(m['a'])}"
    )


def _word(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return value[:12] if isinstance(value, str) and len(value) == 64 else str(value)
