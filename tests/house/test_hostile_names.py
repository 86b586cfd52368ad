"""Names that would break a page: a study with them finishes, and nothing in any of its files does what they say."""

from __future__ import annotations

import copy
import csv
import json
import re
import xml.dom.minidom
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from baselines.escaping.lines import name_of
from baselines.escaping.visible import visible
from baselines.labels.spellings import LONGEST, label_name
from bench.report.write_report import write_report
from compress import run
from exports.run import main as export
from tests.cases.hostile_case import CLASSES
from tests.cases.hostile_names import NAMES
from tests.cases.quick_case import SMALL, quick_studies_in
from tests.cases.report_case import make_results

markdown_it = pytest.importorskip("markdown_it")
DATA = "[x](javascript:alert(1)) & <img src=x onerror=alert(1)> `a` |b.jsonl"
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
ALLOWED_LINKS = re.compile(r"#|data:,|data:application/|[a-z0-9._-]+\.svg$")
# Elements of Markdown that names alone could have made; pictures of ours are checked by their address.
MADE_BY_NAMES = {"a", "script", "iframe", "object", "b", "i", "s", "del", "h4", "h5", "h6", "hr"}


class Tags(HTMLParser):
    """Start tags with their attributes, and the text outside scripts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.comments: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)


def check_page(text: str) -> None:
    found = Tags(text)
    assert not CONTROL.search(re.sub(r"<script>.*?</script>", "", text, flags=re.DOTALL))
    assert "img" not in {tag for tag, _ in found.tags}
    assert not found.comments
    for tag, attributes in found.tags:
        assert not [name for name in attributes if name.startswith("on")], tag
        for name in ("href", "src"):
            assert ALLOWED_LINKS.match(attributes.get(name) or "#"), attributes


def check_markdown(text: str) -> None:
    """Rendered with HTML let through, and links without markup made, as pages of code do."""
    assert not CONTROL.search(text)
    made = markdown_it.MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(text)
    found = Tags(made)
    tags = [tag for tag, _ in found.tags]
    assert not set(tags) & MADE_BY_NAMES, set(tags) & MADE_BY_NAMES
    assert all(re.fullmatch(r"[a-z]+\.svg", str(own.get("src"))) for tag, own in found.tags if tag == "img")
    assert not found.comments
    assert not re.search(r"(?<![\\\w])(?:https?://|www\.)(?!$)", re.sub(r"`[^`\n]*`|```.*?```", "", text, flags=re.S))


def check_folder(folder: Path) -> dict[str, int]:
    """Every file that a person or a program may open; how many of each kind there were."""
    seen: dict[str, int] = {}
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        kind = path.suffix
        seen[kind] = seen.get(kind, 0) + 1
        if kind == ".html":
            check_page(path.read_text(encoding="utf-8"))
        elif kind == ".md":
            check_markdown(path.read_text(encoding="utf-8"))
        elif kind == ".svg":
            xml.dom.minidom.parse(str(path))
        elif kind == ".json":
            json.loads(path.read_text(encoding="utf-8"))
        elif kind == ".csv":
            with path.open(encoding="utf-8-sig", newline="") as stream:
                rows = list(csv.reader(stream))
            assert len({len(row) for row in rows}) <= 1
            assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "@", "\t"))]
    return seen


def renamed(value: Any, names: dict[str, str]) -> Any:
    """The content with other names in it, keys included."""
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, dict):
        return {names.get(key, key): renamed(item, names) for key, item in value.items()}
    return [renamed(item, names) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("start", range(0, len(NAMES), len(CLASSES)))
def test_a_report_of_any_names_does_nothing(start: int, tmp_path: Path) -> None:
    """Of classes, models, the data set and its licence, as a stored file may hold them."""
    chosen = [*NAMES[start : start + len(CLASSES)], *NAMES][: len(CLASSES)]
    results = renamed(copy.deepcopy(make_results()), dict(zip(CLASSES, chosen, strict=True)))
    models = {"linear": f"m {chosen[0]}", "student-int4": f"m {chosen[1]}", "tfidf-svm": f"m {chosen[2]}"}
    results = renamed(results, models)
    results["dataset"] |= {"name": chosen[3], "licence": chosen[4], "source": chosen[5]}
    (tmp_path / "results.json").write_text(json.dumps(results), encoding="utf-8")
    write_report(tmp_path)
    seen = check_folder(tmp_path)
    assert (seen[".html"], seen[".md"], seen[".svg"]) == (1, 1, 1)
    shown = " ".join(Tags((tmp_path / "report.html").read_text(encoding="utf-8")).text.split())
    for name in chosen:
        assert " ".join(visible(name)[:100].split()) in shown


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A small study of a file whose name and classes are hostile."""
    place = tmp_path_factory.mktemp("hostile")
    (place / "tiny.json").write_text(json.dumps({"cnn": SMALL["cnn"]}))
    names = [name[:LONGEST] for name in NAMES]
    with (place / DATA).open("w", encoding="utf-8") as file:
        for n in range(8):
            for i, name in enumerate(names):
                text = f"word{i} number{n} sits {'here' if n % 2 else 'there'} {name[:40]}"
                file.write(json.dumps({"text": text, "label": name}) + "\n")
    with quick_studies_in(place):
        words = ["--dataset", DATA, "--method", "fold", "--config", "tiny.json", "--run", "r", "--task", "multiclass"]
        assert run.main([*words, "--accept", "all"]) == 0
        yield place


def test_a_study_of_them_finishes_and_none_of_its_files_does_anything(study: Path) -> None:
    seen = check_folder(study / "runs" / "r")
    assert min(seen[kind] for kind in (".html", ".md", ".svg", ".json", ".csv")) > 0
    results = json.loads((study / "runs" / "r" / "results.json").read_text(encoding="utf-8"))
    classes = {entry["class"] for entry in results["models"][0]["quality"]["per_class"]}
    assert {label_name(name[:LONGEST].replace("\ud800", "\ufffd")) for name in NAMES} == classes


def test_triton_gets_one_line_a_class(study: Path) -> None:
    artifact = study / "runs" / "r" / "baselines" / "cnn" / "artifact"
    assert export([str(artifact), "--form", "onnx", "--out", "bundle", "--triton", "repository"]) == 0
    (labels,) = (study / "repository").glob("*/labels.txt")
    known = json.loads((study / "bundle" / "labels.json").read_text(encoding="utf-8"))
    lines = labels.read_text(encoding="utf-8").splitlines()
    assert [name_of(line) for line in lines] == known["classes"]
    check_markdown((study / "bundle" / "MODEL_CARD.md").read_text(encoding="utf-8"))
