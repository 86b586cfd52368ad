"""report.html and report.md from fixed measurements: a golden file, hostile texts, and runs with holes in them."""

from __future__ import annotations

import io
import json
import os
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from rich.console import Console

from bench.report import write_report as report
from bench.report.charts.tradeoff import pareto_points
from bench.report.markdown import cell, prose
from bench.report.page import json_for_script, mark_names
from bench.report.terminal import print_report
from bench.results.file import SCHEMA, load_results
from bench.verdict.gates import parse_gate
from tests.cases.report_case import CLASSES, TEXTS, make_results, write_run

GOLDEN = Path(__file__).resolve().parents[2] / "cases" / "golden" / "report.md"
GATES = ("f1_weighted >= 0.70", "bytes <= 50k", "f1_weighted vs cnn max_drop 0.01")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with its reports written."""
    folder = write_run(tmp_path_factory.mktemp("run"))
    report.write_report(folder, gates=[parse_gate(text) for text in GATES])
    return folder


def page_of(results: dict[str, Any], folder: Path) -> str:
    """The page of changed results, without a bundle."""
    folder.mkdir(exist_ok=True)
    (folder / "results.json").write_text(json.dumps(results), encoding="utf-8")
    report.write_report(folder)
    return (folder / "report.html").read_text(encoding="utf-8")


class Elements(HTMLParser):
    """Start tags with their attributes, and the text outside scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._quiet = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._quiet = tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        self._quiet = False

    def handle_data(self, data: str) -> None:
        if not self._quiet:
            self.text += data


def test_markdown_is_the_golden_file(run: Path) -> None:
    """To accept a wanted change: TAGPRESS_ACCEPT=1 python -m pytest tests/test_report.py, then read the diff."""
    made = (run / "report.md").read_text(encoding="utf-8")
    if os.environ.get("TAGPRESS_ACCEPT"):
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(made, encoding="utf-8")
    assert made == GOLDEN.read_text(encoding="utf-8")


def test_the_same_results_give_the_same_bytes(run: Path, tmp_path: Path) -> None:
    again = write_run(tmp_path / "again")
    report.write_report(again, gates=[parse_gate(text) for text in GATES])
    for name in ("report.html", "report.md", "tradeoff.svg"):
        assert (again / name).read_bytes() == (run / name).read_bytes()


def test_the_page_is_one_small_file_with_every_section_in_order(run: Path) -> None:
    page = (run / "report.html").read_text(encoding="utf-8")
    assert len(page.encode()) < 5_000_000
    wanted = ["verdict", "models", "ledger", "quality", "speed", "audit", "why", "try", "provenance"]
    assert re.findall(r'<section id="(\w+)"', page) == wanted


def test_the_page_refers_to_nothing_outside(run: Path) -> None:
    elements = Elements((run / "report.html").read_text(encoding="utf-8"))
    for tag, attributes in elements.tags:
        for name in ("src", "href", "action", "data", "srcset", "xlink:href"):
            value = attributes.get(name) or ""
            assert value[:1] in ("", "#") or value.startswith("data:"), (tag, name, value)
    policy = next(a["content"] for t, a in elements.tags if t == "meta" and a.get("http-equiv"))
    assert policy is not None
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe-eval" not in policy


def test_stored_texts_are_shown_and_never_markup(run: Path) -> None:
    elements = Elements((run / "report.html").read_text(encoding="utf-8"))
    assert not [attributes for _, attributes in elements.tags if any(name.startswith("on") for name in attributes)]
    assert not [attributes for tag, attributes in elements.tags if tag == "img"]
    n_scripts = sum(tag == "script" for tag, _ in elements.tags)
    assert n_scripts == 4  # the data, the charts' library, the model, the page's behaviour
    for text in (*CLASSES, TEXTS[0], TEXTS[1], TEXTS[5]):
        assert text in elements.text, text


def test_json_cannot_end_its_script() -> None:
    hostile = {"a": "</script><!--<script>", "b": "\u2028\u2029\ud800&"}
    escaped = str(json_for_script(hostile))
    assert not re.search("[<>&\u2028\u2029]", escaped)
    assert json.loads(escaped) == hostile


def test_names_become_code_and_all_else_is_escaped() -> None:
    assert str(mark_names("a `<b>` <i>")) == 'a <code dir="auto">&lt;b&gt;</code> &lt;i&gt;'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a|b", "a\\|b"),
        ("<b>", "\\<b\\>"),
        ("a\nb", "a b"),
        ("`x`", "'x'"),
        ("[l](u)", "\\[l\\]\\(u\\)"),
        ("\u202ea", " a"),
    ],
)
def test_a_cell_of_markdown_is_one_line_of_text(text: str, expected: str) -> None:
    assert cell(text) == expected


def test_an_odd_backtick_opens_no_code() -> None:
    assert prose("a `b` <c>") == "a `b` \\<c\\>"
    assert prose("a ` <c>") == "a ' \\<c\\>"


def test_results_of_the_case_fit_the_schema() -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(report.conclude(make_results()), schema)


def test_conclude_adds_front_verdict_and_gates() -> None:
    results = make_results()
    concluded = report.conclude(results, [parse_gate(GATES[1])])
    assert {key: concluded[key] for key in results} == results
    assert concluded["verdict"]["model"] == "student-int8"
    assert "student-int8" in concluded["pareto_front"]
    assert [gate["outcome"] for gate in concluded["gates"]] == ["fail"]
    json.dumps(concluded, allow_nan=False)


def test_stored_gates_are_judged_again(tmp_path: Path) -> None:
    page = page_of(report.conclude(make_results(), [parse_gate(GATES[1])]), tmp_path)
    assert "bytes &lt;= 50k" in page
    assert '<span class="chip">FAIL</span>' in page


@pytest.mark.parametrize(
    "keys",
    [
        ("environment", "speed"),
        ("ledgers", "why", "data_card", "sensitivity"),
        ("run", "git", "dataset"),
        ("baseline",),
    ],
)
def test_missing_stages_leave_a_useful_report(tmp_path: Path, keys: tuple[str, ...]) -> None:
    results = {key: value for key, value in make_results().items() if key not in keys}
    page = page_of(results, tmp_path)
    assert "Deploy student-int8" in page


def test_models_with_nothing_but_a_score_leave_a_useful_report(tmp_path: Path) -> None:
    models = [
        {"name": name, "stage": "baseline", "status": "measured", "quality": {"f1_weighted": {"value": f1}}}
        for name, f1 in (("cnn", 0.6), ("rules", 0.5))
    ]
    page = page_of({"format_version": 1, "models": models}, tmp_path)
    assert "so there is no picture" in page
    assert "0.600" in page


def test_one_model_alone_is_a_report_with_a_note(tmp_path: Path) -> None:
    results = make_results()
    results["models"] = [m for m in results["models"] if m["name"] == "cnn"]
    page = page_of(results, tmp_path)
    assert "Fewer than two models were measured" in page
    assert "Keep cnn" in page


def test_without_the_reference_the_report_says_so(tmp_path: Path) -> None:
    results = make_results()
    results["models"] = [m for m in results["models"] if m["name"] != "cnn"]
    page = page_of(results, tmp_path)
    assert "No recommendation" in page
    assert "No reference model was measured" in page


def test_when_every_model_was_skipped_the_report_holds_the_reasons(tmp_path: Path) -> None:
    models = [{"name": "cnn", "stage": "baseline", "status": "skipped", "reason": "not enough <memory>"}]
    page = page_of({"format_version": 1, "models": models}, tmp_path)
    assert "not enough &lt;memory&gt;" in page
    assert "nothing can be recommended" in page


def test_numbers_that_are_not_finite_are_missing_and_named(tmp_path: Path) -> None:
    results = make_results()
    results["models"][13]["quality"]["f1_macro"]["low"] = float("nan")
    results["models"][0]["quality"]["f1_weighted"]["value"] = float("inf")
    page = page_of(results, tmp_path)
    assert "2 stored numbers are not finite and are shown as missing: models[0].quality.f1_weighted.value" in page
    assert "no weighted F1 was stored" in page
    assert not re.search(r"\bnan\b|\binf\b", Elements(page).text.lower())


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"format_version": 2}, "format_version 1 is supported, got 2"),
        ({"format_version": None}, "format_version 1 is supported, got None"),
        ({"models": []}, "models"),
        ({"models": [{"name": "a"}]}, "models[0]: 'stage' is a required property"),
        ({"models": [{"name": "a", "stage": "baseline", "status": "measured", "runs": [{"runtime": 3}]}]}, "runtime"),
        ({"delta": -1}, "delta"),
    ],
)
def test_other_content_is_one_clear_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: dict[str, Any], says: str
) -> None:
    (tmp_path / "results.json").write_text(json.dumps({**make_results(), **change}), encoding="utf-8")
    assert report.main([str(tmp_path)]) == 2
    message = capsys.readouterr().err
    assert says in message
    assert "results.json" in message
    assert message.count("\n") == 1
    assert not (tmp_path / "report.html").exists()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000])
def test_a_file_that_is_no_results_is_one_clear_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    (tmp_path / "results.json").write_bytes(content)
    assert report.main([str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_name_given_twice_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results = make_results()
    results["models"].append(results["models"][0])
    (tmp_path / "results.json").write_text(json.dumps(results), encoding="utf-8")
    assert report.main([str(tmp_path)]) == 2
    assert "got twice: chance-coin" in capsys.readouterr().err


def test_a_missing_run_is_one_clear_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert report.main([str(tmp_path / "none")]) == 2
    assert "no such file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--gate", GATES[0]], 0),
        (["--gate", GATES[0], "--strict"], 1),
        (["--gate", "energy <= 3"], 2),
        (["--gate", "f1_weighted vs linear max_drop 0.01"], 2),
    ],
)
def test_the_exit_code_is_that_of_the_gates(
    run: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int
) -> None:
    assert report.main([str(run), *arguments]) == code
    capsys.readouterr()


def test_a_damaged_bundle_is_said_in_its_section(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run")
    (folder / "exports" / "student-int8-table" / "alphabet.json").write_text("{}", encoding="utf-8")
    report.write_report(folder)
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "Not in this report" in page
    assert "sha256 differs" in page


def test_a_bundle_outside_the_run_is_not_opened(tmp_path: Path) -> None:
    results = {**make_results(), "try_it": {"model": "x", "bundle": "../../etc"}}
    assert "lies outside the run folder" in page_of(results, tmp_path)


def test_the_terminal_table_fits_80_columns_and_ends_with_the_verdict(run: Path) -> None:
    facts = report.write_report(run)
    console = Console(width=80, record=True, file=io.StringIO())
    print_report(facts, console)
    text = console.export_text()
    assert max(map(len, text.splitlines())) <= 80
    for name in ("student-int8", "cnn-int8-dynamic", "chance-coin"):
        assert re.search(rf"^.*{name} +0\.\d{{3}} ", text, re.MULTILINE)
    assert text.index("student-pruned: failed") < text.index("Deploy student-int8")


def test_loading_accepts_the_folder_and_the_file(run: Path) -> None:
    assert load_results(run).content == load_results(run / "results.json").content


def test_names_in_the_picture_cover_neither_points_nor_each_other(run: Path) -> None:
    facts = report.write_report(run)
    points = pareto_points(facts.scene, "p50_s")
    named = {point["name"] for point in points if point["place"]}
    assert named >= {"student-int8", "student-int4", "linear", "student"}
    assert not [point for point in points if point["place"] and point["kind"] == "dominated"]


def test_the_recommended_model_and_the_reference_are_always_in_the_picture(tmp_path: Path) -> None:
    results = make_results()
    for model in results["models"]:
        if model["name"] in ("cnn", "student-int8"):
            model["quality"]["f1_weighted"] = {"value": 0.1, "low": 0.08, "high": 0.12}
    page_of(results, tmp_path)
    facts = report.write_report(tmp_path)
    assert {"cnn", "student-int8"} <= {point["name"] for point in pareto_points(facts.scene, "p50_s")}
