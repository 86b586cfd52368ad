"""The generated JavaScript module, in Node and in a headless Chromium."""

from __future__ import annotations

import base64
import gzip
import shutil
from pathlib import Path

from baselines.errors import MeasurementError
from bench.report.chromium import Browser, find_chromium
from bench.same_bits.answers import Answers, Broken
from bench.same_bits.compiled import require
from bench.same_bits.engine import Absent, Chunk, Engine, Program, Workshop
from exports.targets.js.driver import driver_source, page_source
from exports.targets.js.write import write_js
from exports.targets.source import Target

_NODE = "node"


def node_engine(workshop: Workshop) -> Engine:
    """The module in Node, as a program.

    Raises:
        Absent: Node isn't installed. ArtifactError: the bundle has no JavaScript.
    """
    require(_NODE)
    module, place = module_of(workshop), workshop.place("node")
    driver = place / "driver.mjs"
    driver.write_text(driver_source(module.resolve().as_uri()), encoding="utf-8")
    return Program(workshop, [_NODE, str(driver)], place, facts=_sizes(module))


class ChromiumEngine(Engine):
    """The module in a page, which is given texts and gives answers as base64.

    Raises:
        Absent: no Chromium is installed. ArtifactError: the bundle has no JavaScript.
    """

    def __init__(self, workshop: Workshop) -> None:
        if find_chromium() is None:
            raise Absent("chromium: not installed")
        self._reference = workshop.reference
        module = module_of(workshop)
        self._browser = Browser()
        try:
            self._browser.open("data:text/html,")
            self._browser.evaluate(page_source(module.read_text(encoding="utf-8")))
        except BaseException:
            self._browser.close()
            raise

    def answer(self, chunk: Chunk) -> Answers:
        sent = base64.b64encode(chunk.sent).decode("ascii")
        try:
            content = base64.b64decode(self._browser.evaluate(f"window.answers({sent!r})"))
        except MeasurementError as error:
            raise Broken(str(error)) from None
        n, reference = len(chunk.texts), self._reference
        return Answers.of_bytes(content, n, reference.n_logits, reference.n_classes)

    def close(self) -> None:
        self._browser.close()


def module_of(workshop: Workshop) -> Path:
    """The module with the model in it; written when it is first asked for."""

    def write() -> Path:
        place = workshop.place("package")
        shutil.rmtree(place)
        place.mkdir()
        write_js(workshop.reference.folder, place, Target("tagger"))
        return place / "index.js"

    return Path(workshop.once("js", write))


def _sizes(module: Path) -> dict[str, int]:
    content = module.read_bytes()
    runtime = (module.parent / "runtime.js").read_bytes()
    return {
        "module_bytes": len(content),
        "module_gzip_bytes": len(gzip.compress(content, 9)),
        "runtime_gzip_bytes": len(gzip.compress(runtime, 9)),
    }
