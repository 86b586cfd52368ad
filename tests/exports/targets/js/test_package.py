"""The package folder: what a registry takes, what tools check, and what a page does with it."""

from __future__ import annotations

import base64
import functools
import gzip
import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from baselines.errors import ArtifactError
from bench.report.chromium import Browser, find_chromium
from compress.methods.quantize.quantize_config import QuantizeConfig
from compress.methods.quantize.weights import apply as quantize
from exports.bundles.write_bundle import write_bundle
from exports.runtime.load_bundle import load
from exports.targets.js import driver
from exports.targets.js.content import content_of
from exports.targets.js.driver import page_source
from exports.targets.js.runtime_source import explaining_pieces, piece, pieces_of, stripped
from exports.targets.js.write import write_js
from exports.targets.source import Target, open_source
from tests.cases.compress_case import task_context, task_linear
from tests.cases.js_case import bits_of, in_python, needs_node, ran, reasons_of, records
from tests.cases.table_case import TEXTS, lineage, task_classifier
from tests.cases.unicode_case import WHOLE_WORDS, random_texts

needs_browser = pytest.mark.skipif(find_chromium() is None, reason="no Chromium installed; apt-get install chromium")


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A bundle of each form."""
    folder = tmp_path_factory.mktemp("bundles")
    linear, _ = quantize(task_linear("multilabel"), QuantizeConfig(bits=4), task_context("multilabel"))
    return {
        "table": write_bundle(task_classifier("multilabel"), lineage(), folder / "table", "table"),
        "linear": write_bundle(linear, lineage(), folder / "linear", "linear"),
    }


@pytest.fixture(scope="module", params=["table", "linear"])
def package(request: pytest.FixtureRequest, bundles: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("package")
    shown = write_js(bundles[request.param], out, Target(name="my_tagger"))
    assert [path.name for path in shown] == ["index.js", "runtime.js", "model.json"]
    return out


def test_package_json_names_what_is_there(package: Path) -> None:
    content = json.loads((package / "package.json").read_text())
    assert content["name"] == "my-tagger"
    assert content["type"] == "module"
    assert content["sideEffects"] is False
    assert "dependencies" not in content
    named = [*content["files"], content["main"], content["types"]]
    for entry in content["exports"].values():
        named += [entry] if isinstance(entry, str) else list(entry.values())
    assert all((package / name).is_file() for name in named)


@needs_node
def test_types_agree_with_what_the_modules_export(package: Path) -> None:
    for name in ("index", "runtime"):
        declared = re.findall(r"export declare (?:const|function) (\w+)", (package / f"{name}.d.ts").read_text())
        code = f"import * as all from {json.dumps((package / f'{name}.js').as_uri())};"
        code += "console.log(JSON.stringify(Object.entries(all).map(([name, value]) => [name, typeof value])));"
        exported: dict[str, str] = dict(json.loads(ran(code, b"", package.parent)))
        assert sorted(exported) == sorted(declared)
        assert exported["explain"] == "function"


@needs_node
@pytest.mark.skipif(shutil.which("npm") is None, reason="no npm installed")
def test_a_registry_would_take_it(package: Path) -> None:
    command = ["npm", "pack", "--dry-run", "--json", "--offline"]
    done = subprocess.run(command, cwd=package, capture_output=True, text=True, check=True, timeout=60)
    packed = {each["path"] for each in json.loads(done.stdout)[0]["files"]}
    assert packed == {path.name for path in package.iterdir()}


@needs_node
def test_the_model_beside_the_code_says_the_same(package: Path) -> None:
    code = f"""import * as whole from {json.dumps((package / "index.js").as_uri())};
import * as apart from {json.dumps((package / "runtime.js").as_uri())};
import {{ readFileSync }} from "node:fs";
const bytes = readFileSync({json.dumps(str(package / "model.json"))}), texts = {json.dumps(TEXTS)};
for (const given of [bytes, bytes.toString(), JSON.parse(bytes)]) {{
  const model = apart.open(given);
  for (const text of texts) {{
    if (JSON.stringify(whole.classify(text)) !== JSON.stringify(model.classify(text))) throw new Error(text);
    if (JSON.stringify(whole.explain(text, 0)) !== JSON.stringify(apart.explain(model, text, 0))) throw new Error(text);
  }}
}}
const said = (call) => {{ try {{ call(); }} catch (error) {{ return `${{error.name}}: ${{error.message}}`; }} }};
console.log(JSON.stringify([said(() => whole.classify(7)), said(() => whole.classify(null)),
  said(() => whole.explain("a", 99)), said(() => apart.open({{}}))]));
"""
    number, null, column, content = json.loads(ran(code, b"", package.parent))
    assert number == "TypeError: classify: a string is needed, got number; pass one text at a time"
    assert "got null" in null
    assert column.startswith("RangeError: explain: a column from 0 to")
    assert content.startswith("TypeError: open:")


@needs_node
def test_nothing_runs_when_it_is_imported(package: Path) -> None:
    """At the top level stand declarations alone, so that a bundler can leave out what isn't used."""
    content = json.loads((package / "model.json").read_text(encoding="utf-8"))
    for name in [*pieces_of(content), *explaining_pieces(content)]:
        for line in piece(name).splitlines():
            assert not line or line[0] in " }" or re.match(r"const \w+ = |const .*\d;$|function |//", line), line
    code = "const atob = globalThis.atob; let calls = 0; globalThis.atob = (text) => { calls++; return atob(text); };"
    code += f"const m = await import({json.dumps((package / 'index.js').as_uri())}); const before = calls;"
    code += "m.classify('a'); console.log(before, calls);"
    before, behind = map(int, ran(code, b"", package.parent).split())
    assert (before, behind > 0) == (0, True)


@needs_node
@pytest.mark.parametrize("form", ["table", "linear"])
def test_reasons_are_those_of_python(form: str, bundles: dict[str, Path], tmp_path: Path) -> None:
    source = open_source(bundles[form])
    texts = [*TEXTS, "深度学习 हिन्दी café"]
    found = reasons_of(content_of(source), texts, tmp_path)
    logits, known = source.logits(texts)
    assert known.any()
    for text, row, knows, columns in zip(texts, logits, known, found, strict=True):
        for c, parts in enumerate(columns):
            assert bool(parts) <= knows
            assert [part["weight"] for part in parts] == sorted((part["weight"] for part in parts), reverse=True)
            if source.rows is not None and knows:
                names, shares = source.rows.shares(text)
                assert sorted(part["ngram"] for part in parts) == sorted(name for name in names if name.strip())
                ours = sum(shares[i, c] for i, name in enumerate(names) if name.strip())
                assert sum(part["weight"] for part in parts) == pytest.approx(ours, abs=1e-6)
            elif knows:
                clean = source.tokenizer.cleaning(text)
                assert all(part["ngram"] == clean[part["start"] : part["end"]] for part in parts)
                bias = float(source.predictor.tables.bias[c])  # type: ignore[union-attr]
                blank = row[c] - bias - sum(part["weight"] for part in parts)
                assert len(clean) < 3 or abs(blank) < abs(row[c] - bias) + 5


@needs_node
def test_pieces_are_valid_alone_and_lose_nothing_but_comments(package: Path) -> None:
    names = [path.stem for path in (Path(driver.__file__).parent / "runtime").iterdir()]
    assert len(names) > 15
    texts = [text for name in names for text in (piece(name), stripped(piece(name)))]
    ran(f"import vm from 'node:vm'; for (const text of {json.dumps(texts)}) new vm.Script(text);", b"", package.parent)
    for name, text in zip(names, texts[1::2], strict=True):
        assert not re.search(r"^[ \n]|//", text, re.M), name
    for file in ("index.js", "runtime.js"):
        subprocess.run(["node", "--check", str(package / file)], check=True)


def test_the_runtime_is_small(package: Path) -> None:
    assert len(gzip.compress((package / "runtime.js").read_bytes(), 9)) <= 6000


def test_strings_survive_where_comments_go() -> None:
    assert stripped('// a\nconst x = \'it // is\'; // b\n  /* c */ y("\\"//");\n\n') == (
        'const x = \'it // is\';\n/* c */ y("\\"//");\n'
    )


def test_other_readings_are_refused(bundles: dict[str, Path]) -> None:
    source = open_source(bundles["linear"])
    assert source.rows is not None
    stemming = type(source.rows.vectorizer.cleaning)("words", stem=True)  # type: ignore[call-arg]
    object.__setattr__(source.rows.vectorizer, "cleaning", stemming)
    with pytest.raises(ArtifactError, match="stemmed"):
        content_of(source)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as made:
        yield made


@needs_browser
@pytest.mark.parametrize("form", ["table", "linear"])
def test_a_browser_gives_the_same_bits(form: str, bundles: dict[str, Path], browser: Browser, tmp_path: Path) -> None:
    source = open_source(bundles[form])
    write_js(bundles[form], tmp_path, Target())
    texts = [*random_texts(150, 5), *WHOLE_WORDS, *TEXTS]
    assert browser.evaluate(page_source((tmp_path / "index.js").read_text(encoding="utf-8")))
    given = base64.b64encode(records(texts)).decode()
    output = base64.b64decode(browser.evaluate(f"window.answers({json.dumps(given)})"))
    logits, known = source.logits(texts)
    want = in_python(logits, known, source.space, source.thresholds, source.link)
    assert bits_of(output, len(texts), logits.shape[1], len(source.space.classes)) == want


@needs_browser
def test_the_page_answers_as_one_types(package: Path, browser: Browser) -> None:
    handler: Any = functools.partial(_Quiet, directory=str(package))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        browser.open(f"http://127.0.0.1:{server.server_address[1]}/index.html")
        browser.wait_for("document.getElementById('best').children.length > 0")
        browser.evaluate("document.getElementById('text').focus(); true")
        browser.call("Input.insertText", {"text": "Graph neural networks"})
        shown = browser.evaluate("document.getElementById('best').innerText")
        said = browser.evaluate("document.getElementById('said').innerText")
        n_classes = len(json.loads((package / "model.json").read_text(encoding="utf-8"))["classes"])
        assert len(shown.splitlines()) == min(5, n_classes)
        assert said
        assert browser.complaints() == []
    finally:
        server.shutdown()
        server.server_close()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


def test_answers_are_those_of_predict(bundles: dict[str, Path]) -> None:
    for folder in bundles.values():
        source, predictor = open_source(folder), load(folder)
        logits, _ = source.logits(TEXTS)
        assert np.array_equal(source.link(logits, source.space.task)[:1], predictor.predict_proba(TEXTS)[:1])
