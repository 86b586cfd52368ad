"""The documents lead somewhere: links, anchors, the site's list of pages, and every place of the code they name."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

import tagpress
from bench.results.file import FORMAT_VERSION, SCHEMA
from tagpress.commands import COMMANDS
from tests.cases.import_case import ROOMS, ROOT, modules
from tests.house.test_wings import ORDER

DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
DOCUMENTS = [*PAGES, ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
# Made when the site is built, by `docs/made`: a command's page, and copies of files at the top level.
FURTHER = (
    "adoption",
    "calibration",
    "endurance",
    "lost_workers",
    "fold_study",
    "gpu_check",
    "peers",
    "sameness",
    "scaling",
    "screenshot",
    "fuzz",
)
MADE = {*(f"cli/{name}.md" for name in (*COMMANDS, *FURTHER)), "changelog.md", "contributing.md"}
_LINK = re.compile(r"\]\((?!https?:)([^)\s]+)\)")
_CODE = re.compile(r"`([^`\n]+)`")
_PLACE = re.compile(rf"(?:{'|'.join((*ROOMS, 'tests', 'docs'))})(?:[./][A-Za-z0-9_]+)+(?:\.[a-z]+)*/?")


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def prose_of(path: Path) -> str:
    """A document without its blocks of code."""
    return re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


@cache
def anchors_of(path: Path) -> set[str]:
    """The anchors that Markdown makes of a document's headings."""
    headings = re.findall(r"^#+ (.+)$", prose_of(path), re.MULTILINE)
    return {re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", heading).strip().lower()) for heading in headings}


def nav_pages(entries: list[Any]) -> Iterator[str]:
    """Pages of the site's list, in order."""
    for entry in entries:
        for content in entry.values():
            if isinstance(content, str):
                yield content
            else:
                yield from nav_pages(content)


def defined_in(module: str) -> set[str]:
    """Names at the top of a module, and those of its classes."""
    found = set()
    for node in ast.walk(ast.parse(modules()[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {target.id for target in targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= {alias.asname or alias.name for alias in node.names}
    return found


def exists(place: str) -> bool:
    """Whether `room/folder/file.py`, `room.module` or `room.module.name` is there."""
    if "/" in place or place.endswith((".py", ".md")):
        return (ROOT / place).exists()
    module, name = place, ""
    while module and module not in modules():
        module, _, name = module.rpartition(".")
    return bool(module) and (not name or name in defined_in(module))


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_links_lead_somewhere(document: Path) -> None:
    for link in _LINK.findall(prose_of(document)):
        place, _, anchor = link.partition("#")
        target = (document.parent / place).resolve() if place else document
        made = target.is_relative_to(DOCS) and target.relative_to(DOCS).as_posix() in MADE
        assert made or target.exists(), f"{name_of(document)}: {link}"
        assert not anchor or made or anchor in anchors_of(target), f"{name_of(document)}: no heading for {link}"


@pytest.mark.parametrize("document", [path for path in DOCUMENTS if path.name != "README.md"], ids=name_of)
def test_places_in_the_code_are_there(document: Path) -> None:
    named = [code for code in _CODE.findall(prose_of(document)) if _PLACE.fullmatch(code)]
    named += re.findall(r"^::: (\S+)$", prose_of(document), re.MULTILINE)
    assert not [place for place in named if not exists(place)]


def test_places_that_are_not_there_are_found() -> None:
    assert exists("baselines.classifier.decide")
    assert exists("tests/house")
    for wrong in ("baselines/registry.py", "baselines.registry", "bench.study.nobody", "compress.run.Nobody"):
        assert _PLACE.fullmatch(wrong)
        assert not exists(wrong)


def test_every_page_is_in_the_list_once() -> None:
    config = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    listed = list(nav_pages(config["nav"]))
    assert len(listed) == len(set(listed))
    assert set(listed) == {path.relative_to(DOCS).as_posix() for path in PAGES} | MADE


def test_every_public_name_and_command_is_on_the_site() -> None:
    python = (DOCS / "api" / "tagpress.md").read_text(encoding="utf-8")
    assert not [name for name in tagpress.__all__ if not re.search(rf"tagpress\.{name}\b", python)]
    commands = (DOCS / "guide" / "commands.md").read_text(encoding="utf-8")
    assert not [page for page in MADE if page.startswith("cli/") and f"(../{page})" not in commands]


def test_the_architecture_shows_the_order_and_every_wing() -> None:
    page = (DOCS / "architecture.md").read_text(encoding="utf-8")
    shown = "".join(
        f"{room}\n" + "".join(f"  {', '.join(names)}\n" for names in levels) for room, levels in ORDER.items()
    )
    assert f"```text\n{shown}```" in page
    wings = {".".join(name.split(".")[:2]) for name, path in modules().items() if path.name == "__init__.py"}
    assert not [wing for wing in wings if f"\n| `{wing}` |" not in page]


def test_every_field_of_the_results_is_described() -> None:
    def undescribed(node: Any, place: str) -> Iterator[str]:
        if isinstance(node, dict):
            for name, field in node.get("properties", {}).items():
                if not field.get("description"):
                    yield f"{place}.{name}"
            for key, value in node.items():
                yield from undescribed(value, f"{place}.{key}")

    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    assert not list(undescribed(schema, ""))
    assert f"format version {FORMAT_VERSION}:" in schema["title"]


def test_every_python_file_opens_with_a_docstring() -> None:
    opened = re.compile(r'(?:\s*#[^\n]*\n)*\s*r?"""')
    folders = (*ROOMS, "tests", "docs")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*.py")] + list(ROOT.glob("*.py"))
    assert len(files) > 300
    assert not [name_of(path) for path in files if not opened.match(path.read_text(encoding="utf-8"))]
