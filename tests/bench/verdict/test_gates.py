"""Gates: what they read, what they say, and the exit code."""

from __future__ import annotations

import os
import string
import time
from itertools import pairwise
from pathlib import Path

import pytest

from baselines.errors import DataError
from bench.numbers.quantities import Estimate
from bench.results.run import Run
from bench.verdict.gates import Checked, check_gates, exit_code, judge_limit, parse_gate, read_gates
from tests.cases.report_case import make_results


def outcome(text: str, model: str | None = "student-int8") -> Checked:
    return check_gates(Run(make_results()), [parse_gate(text)], model)[0]


@pytest.mark.parametrize(
    ("text", "metric", "how", "limit"),
    [
        ("f1_weighted >= 0.70", "f1_weighted", ">=", 0.7),
        ("bytes <= 50k", "bytes", "<=", 50_000),
        ("bytes<=1.5MB", "bytes", "<=", 1_500_000),
        ("bytes < 48 KiB", "bytes", "<", 49_152),
        ("p95_s <= 2ms", "p95_s", "<=", 0.002),
        ("p50_s <= 20 µs", "p50_s", "<=", 20e-6),
        ("flipped_documents <= 5%", "flipped_documents", "<=", 0.05),
        ("f1_weighted vs cnn max_drop 0.01", "f1_weighted", "max_drop", 0.01),
        ("f1_weighted vs cnn max_drop -0.01", "f1_weighted", "max_drop", -0.01),
    ],
)
def test_gates_are_read_with_their_units(text: str, metric: str, how: str, limit: float) -> None:
    gate = parse_gate(text)
    assert (gate.metric, gate.how, gate.limit) == (metric, how, pytest.approx(limit))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("f2 >= 0.7", "metric 'f2' unknown; known: f1_weighted"),
        ("bytes[spam] >= 0.7", "of one class precision, recall, f1 are known, got 'bytes'"),
        ("recall[spam] vs cnn max_drop 0.1", "use a limit for one class"),
        ("f1_weighted => 0.7", "not understood"),
        ("bytes <= 50 parsecs", "unit 'parsecs' unknown"),
        ("bytes vs cnn max_drop 3", "max_drop is for metrics of all classes together; use a limit for bytes"),
        ("", "not understood"),
        ("__import__('os')", "not understood"),
    ],
)
def test_a_gate_that_cannot_be_read_says_what_is_allowed(text: str, says: str) -> None:
    with pytest.raises(DataError, match="gate") as error:
        parse_gate(text)
    assert says in str(error.value)


@pytest.mark.parametrize(
    ("how", "limit", "expected"),
    [(">=", 0.6, "pass"), (">=", 0.7, "inconclusive"), (">=", 0.8, "fail"), ("<=", 0.8, "pass"),
     ("<=", 0.7, "inconclusive"), ("<=", 0.6, "fail"), (">=", 0.65, "pass"), (">", 0.65, "inconclusive")],
)  # fmt: skip
def test_intervals_decide(how: str, limit: float, expected: str) -> None:
    assert judge_limit(Estimate(0.69, 0.65, 0.73), how, limit)[0] == expected


def test_a_value_without_interval_is_exact() -> None:
    assert judge_limit(Estimate(50_000.0), "<=", 50_000)[0] == "pass"
    assert judge_limit(Estimate(50_000.0), "<", 50_000)[0] == "fail"
    assert judge_limit(Estimate(float("nan")), "<", 50_000)[0] == "not_measured"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("f1_weighted >= 0.70", "inconclusive"),
        ("f1_weighted >= 0.60", "pass"),
        ("bytes <= 50k", "fail"),
        ("student-int4: bytes <= 50k", "pass"),
        ("f1_weighted vs cnn max_drop 0.01", "pass"),
        ("f1_weighted vs student max_drop 0.01", "pass"),
        ("f1_weighted vs linear max_drop 0.01", "not_measured"),
        ("student-int4: f1_weighted vs cnn max_drop 0.01", "inconclusive"),
        ("tfidf-logistic: f1_weighted vs cnn max_drop 0.01", "fail"),
        ("cnn: f1_weighted vs cnn max_drop 0", "pass"),
        ("transformer-frozen: bytes <= 50k", "not_measured"),
        ("latency_ratio <= 0.01", "pass"),
    ],
)
def test_outcomes_on_fixed_measurements(text: str, expected: str) -> None:
    assert outcome(text).outcome == expected


def test_a_skipped_model_passes_its_reason_on() -> None:
    assert "needs the extra 'transformers'" in outcome("transformer-frozen: bytes <= 50k").reason


def test_without_a_recommended_model_a_gate_asks_for_a_name() -> None:
    assert "name one" in outcome("bytes <= 50k", None).reason


def test_unknown_models_are_an_error_that_lists_the_known_ones() -> None:
    with pytest.raises(DataError, match="no model 'bert' in this run; there are: chance-coin"):
        outcome("bert: bytes <= 50k")


@pytest.mark.parametrize(
    ("gates", "strict", "code"),
    [
        (["f1_weighted >= 0.60"], False, 0),
        (["f1_weighted >= 0.70"], False, 0),
        (["f1_weighted >= 0.70"], True, 1),
        (["bytes <= 50k", "f1_weighted vs linear max_drop 0.01"], False, 1),
        (["f1_weighted >= 0.60", "f1_weighted vs linear max_drop 0.01"], False, 2),
        ([], True, 0),
    ],
)
def test_exit_codes(gates: list[str], strict: bool, code: int) -> None:
    checked = check_gates(Run(make_results()), [parse_gate(text) for text in gates], "student-int8")
    assert exit_code(checked, strict=strict) == code


def test_gates_come_from_a_file_too(tmp_path: Path) -> None:
    path = tmp_path / "gates.yaml"
    path.write_text('gates:\n  - "bytes <= 50k"\n  - f1_weighted vs cnn max_drop 0.01\n', encoding="utf-8")
    assert [gate.metric for gate in read_gates(path)] == ["bytes", "f1_weighted"]
    path.write_text("- bytes <= 50k\n", encoding="utf-8")
    assert len(read_gates(path)) == 1


LAUGHS = "a: &a [x, x, x, x]\n" + "".join(
    f"{b}: &{b} [*{a}, *{a}, *{a}, *{a}]\n" for a, b in pairwise(string.ascii_lowercase)
)
MERGES = "a: &a {k: v}\n" + "".join(f"{b}: &{b} {{<<: [*{a}, *{a}]}}\n" for a, b in pairwise(string.ascii_lowercase))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"gates: 3",
        b"[1, 2]",
        b"{unclosed",
        b"!!python/object/apply:os.system ['ls']",
        b"- !!int abc",
        b"- 2024-99-99",
        b"- !!timestamp 2024-99-99",
        b"- !!binary x",
        b"- &a bytes <= 5\n- *a",
        b"- {bytes: 5}",
        b"- bytes <= 1e999",
        b"- bytes <= 1" + b"0" * 20_000,
        b"gates: {a: b}",
        b"? [a]\n: b",
        b"- a\x00b",
        b"- caf\xe9",
        b"[" * 100_000,
        b"- bytes <= 50k\n" * 2_000,
        b"# " + b"x" * 1_000_000,
        LAUGHS.encode(),
        MERGES.encode(),
    ],
    ids=lambda content: content[:20].decode("latin-1"),
)
def test_a_file_that_holds_anything_else_is_one_clear_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "gates.yaml"
    path.write_bytes(content)
    begun = time.monotonic()
    with pytest.raises(DataError, match=r"gates\.yaml") as refused:
        read_gates(path)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 2_500
    assert time.monotonic() - begun < 10


def test_no_file_is_one_clear_error(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "loop.yaml").symlink_to(tmp_path / "loop.yaml")
    for name, said in (("", "it is a folder"), ("pipe.yaml", "it is a pipe"), ("loop.yaml", "symbolic links")):
        with pytest.raises(DataError, match=said):
            read_gates(tmp_path / name)


def test_a_gate_may_name_a_class_of_several_lines() -> None:
    assert parse_gate("recall[a\nb] >= 0.5").class_ == "a\nb"


def test_a_missing_file_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        read_gates(tmp_path / "none.yaml")


def test_a_promoted_reference_is_held_against_the_cnn_it_was_shown_to_beat() -> None:
    results = make_results()
    difference = {"value": 0.03, "low": 0.01, "high": 0.05, "lower": 0.013, "upper": 0.047}
    results |= {"reference": "linear", "promoted": {"over": "cnn", "delta": difference}}
    (checked,) = check_gates(Run(results), [parse_gate("f1_weighted vs cnn max_drop 0.01")], "linear")
    assert (checked.outcome, checked.value) == ("pass", 0.03)
    results["promoted"]["delta"] = {**difference, "lower": -0.02, "upper": 0.05}
    (checked,) = check_gates(Run(results), [parse_gate("f1_weighted vs cnn max_drop 0.01")], "linear")
    assert checked.outcome == "inconclusive"


def test_a_95th_percentile_within_the_noise_of_its_limit_decides_nothing() -> None:
    results = make_results()
    run = Run(results)
    p95, floor = run.by_name["student-int8"].p95_s, run.claim_floor
    assert p95 is not None
    assert 0 < floor < 0.5
    found = {}
    for name, limit in (
        ("clear", p95 * (1 + 3 * floor)),
        ("near", p95 * (1 + floor / 3)),
        ("beyond", p95 / (1 + 3 * floor)),
    ):
        found[name] = outcome(f"p95_s <= {limit * 1e6:.6g}us").outcome
    assert found == {"clear": "pass", "near": "inconclusive", "beyond": "fail"}
