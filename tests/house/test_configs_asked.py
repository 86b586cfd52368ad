"""Every field of every config, of baselines and methods, refuses what it can't hold and names itself."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import pytest

from baselines.errors import ArtifactError, UserError
from baselines.models.registry import BASELINES
from baselines.storage.configs import check_value, config_from_json
from baselines.train import main as train
from compress.registry import METHODS, configured

CONFIGS: dict[str, Any] = {name: entry.config(0, "cpu", 1) for name, entry in BASELINES.items()}
CONFIGS |= {name: method.config() for name, method in METHODS.items()}
FIELDS = [(name, field.name) for name, config in CONFIGS.items() for field in dataclasses.fields(config)]
# What no field of any type may hold.
NEVER: tuple[Any, ...] = (
    math.nan,
    math.inf,
    -1,
    -0.5,
    10**30,
    1e308,
    10**5000,
    "x" * 10_000,
    [[3]],
    [["a", 1]],
    {"": 1},
)
WHOLE: tuple[Any, ...] = (4.5, 1.0, "4", True, None, [4], 10**9 * 5)


def change(name: str, field: str, value: Any) -> Any:
    """What a `--config` file would do."""
    if name in BASELINES:
        return BASELINES[name].make(0, "cpu", 1, {field: value})
    return configured(name, {field: value})


def refused(name: str, field: str, value: Any) -> str:
    with pytest.raises(UserError) as error:
        change(name, field, value)
    said = str(error.value)
    assert field in said, value
    assert len(said) < 600, value
    return said


@pytest.mark.parametrize(("name", "field"), FIELDS)
def test_what_no_field_may_hold(name: str, field: str) -> None:
    for value in NEVER:
        if (field, value) not in (("changes", {"": 1}), ("candidates", {"": 1})):
            refused(name, field, value)


@pytest.mark.parametrize(("name", "field"), FIELDS)
def test_a_whole_number_is_nothing_else(name: str, field: str) -> None:
    value = getattr(CONFIGS[name], field)
    if isinstance(value, bool):
        for other in (1, 0, "true", None):
            refused(name, field, other)
    elif isinstance(value, int):
        for other in WHOLE:
            assert "expected" in refused(name, field, other)


@pytest.mark.parametrize(("name", "field"), FIELDS)
def test_every_number_has_a_range(name: str, field: str) -> None:
    """A field without one would take a size that no memory holds."""
    declared = get_type_hints(type(CONFIGS[name]), include_extras=True)[field]
    for kind in (int, float):
        assert kind not in _bare(declared), f"{name}.{field}: give it a range of baselines.storage.ranges"


def _bare(declared: Any) -> list[Any]:
    """Plain types within an annotation that no range stands around."""
    if hasattr(declared, "__metadata__"):
        inner = get_args(declared)[0]
        return [] if inner in (int, float) else _bare(inner)
    return [each for part in get_args(declared) for each in _bare(part)] if get_origin(declared) else [declared]


@pytest.mark.parametrize(
    ("name", "field", "value", "said"),
    [
        ("cnn", "embedding_dim", "x", "embedding_dim: expected a whole number from 1 to 4,096, got 'x'"),
        ("cnn", "embedding_dim", 10**9, "from 1 to 4,096, got 1000000000"),
        ("cnn", "filters", [[3]], "filters: expected a list, each entry a list of 2: a whole number from 1 to 256"),
        ("cnn", "filters", [], "filters: expected at least one width"),
        ("cnn", "filters", [[3, 8], [3, 8]], "each of them once"),
        ("cnn", "filters", [[width, 8000] for width in range(1, 200)], "together at most 100,000,000 weights"),
        ("cnn", "epochs", 1.5, "epochs: expected a whole number from 1 to 100,000, got 1.5"),
        ("cnn", "device", "tpu", "device: expected one of cpu, cuda, got 'tpu'"),
        ("cnn", "cleaning", "none", "cleaning: expected one of course, letters, words, raw, got 'none'"),
        ("cnn", "candidates", [{"dropout": 0.1}, {"dropuot": 0.2}], "candidates, entry 2: allowed are epochs, "),
        ("linear", "candidates", [{"C": 1}, {"C": -1}], "candidates, entry 2, C: expected a number above 0"),
        ("linear", "characters", [5, 2], "characters: expected a smallest and a largest n"),
        ("quantize", "bits", 4.5, "bits: expected a whole number from 2 to 8 or 32, got 4.5"),
        ("quantize", "bits", 9, "from 2 to 8 or 32, got 9"),
        ("distill", "widths", list(range(1, 300)), "widths: expected a list"),
        ("prune", "sparsity", 1.0, "sparsity: expected a number from 0 up to but not including 1, got 1.0"),
    ],
)
def test_the_message_says_field_allowed_and_got(name: str, field: str, value: Any, said: str) -> None:
    assert said in refused(name, field, value)


@pytest.mark.parametrize("name", CONFIGS)
def test_own_settings_come_back_from_json(name: str) -> None:
    own = CONFIGS[name]
    read = config_from_json(type(own), json.loads(json.dumps(dataclasses.asdict(own))))
    assert dataclasses.asdict(read) == dataclasses.asdict(own)


@pytest.mark.parametrize("name", CONFIGS)
def test_a_manifest_is_not_believed_either(name: str) -> None:
    own = dataclasses.asdict(CONFIGS[name])
    for field in own:
        with pytest.raises((ArtifactError, UserError)):
            config_from_json(type(CONFIGS[name]), {**own, field: [[3]]})
    with pytest.raises(ArtifactError, match="colour"):
        config_from_json(type(CONFIGS[name]), {**own, "colour": 1})


def test_a_float_takes_a_whole_number_and_true_is_none() -> None:
    check_value("rate", float, 1)
    for value in (True, 10**400, "1"):
        with pytest.raises(ValueError, match="rate: expected a number, got"):
            check_value("rate", float, value)


@pytest.mark.parametrize(
    "text", ['{"epochs": 1e999}', '{"epochs": ' + "9" * 10_000 + "}", "[" * 100_000, "{", "", '"a"']
)
def test_a_file_of_settings(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c.json").write_text(text)
    assert train(["--baseline", "cnn", "--config", "c.json"]) == 2
    said = capsys.readouterr().err
    assert "Traceback" not in said
    assert "error: " in said
    assert not (tmp_path / "runs").exists() or not list(tmp_path.glob("runs/*/baselines/*"))
