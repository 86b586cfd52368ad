"""The generated file as others compile it: no warnings, C and C++, any flags, twice in a program, checked by itself."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from baselines.errors import ArtifactError
from baselines.text.cleaning import Cleaning
from baselines.text.ngrams import NgramTfidf
from exports.bundles.write_bundle import write_bundle
from exports.targets.c import arrays
from exports.targets.c.arrays import string
from exports.targets.c.driver import driver_source
from exports.targets.c.write import generated, write_c
from exports.targets.source import Source, Target, open_source
from tests.cases.c_case import AS_CPP, CHECKED, STRICT, compiled, framed
from tests.cases.c_model_case import (
    TARGET,
    TEXTS,
    assert_same,
    files_of,
    program_of,
    rows_source,
    space_of,
    table_source,
)
from tests.cases.forms_case import classifier_of
from tests.cases.table_case import lineage
from tests.exports.targets.c.test_characters import alphabet_of, factored
from tests.exports.targets.c.test_rows import LEARNED, rows_of, settings_of

MAIN = """
#include <stdio.h>
#include "one.h"
#include "two.h"
int main(void)
{
    one_answer answer;
    if (one_classify("a text", 6, &answer) != ONE_OK) return 1;
    printf("%d %d %s %s", one_self_test(), two_self_test(), one_names[0], two_names[0]);
    return 0;
}
"""


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One of each form in whole numbers."""
    folder = tmp_path_factory.mktemp("bundles")
    kinds = {"table floors": "table", "linear int": "linear"}
    return {
        form: write_bundle(classifier_of(name, "multiclass"), lineage(), folder / form, form, threads=1)
        for name, form in kinds.items()
    }


@pytest.fixture(scope="module")
def files(bundles: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """What is written of each, with the Unicode tables of that very model; and of the table's fewest bytes."""
    made = {}
    for form, small in (("table", False), ("table", True), ("linear", False)):
        out, target = tmp_path_factory.mktemp("out"), replace(TARGET, small=small)
        paths = write_c(bundles[form], out, target)
        assert [path.name for path in paths] == ["model.c", "model.h", "README.md"]
        content = {path.name: path.read_text(encoding="utf-8") for path in paths if path.suffix != ".md"}
        made[f"{form} {small}"] = {**content, "driver.c": driver_source("model")}
    return made


FLAGS = {
    "gcc": ("gcc", ("-O2", *STRICT)),
    "gcc without optimisation": ("gcc", ("-O0", *STRICT)),
    "gcc for this very CPU": ("gcc", ("-O3", "-march=native", "-ffp-contract=fast", *STRICT)),
    "gcc, GNU's C": ("gcc", ("-Os", "-std=gnu17", *STRICT[1:])),
    "gcc as C++": ("gcc", ("-O1", *AS_CPP)),
    "clang": ("clang", ("-O2", *STRICT)),
    "clang for this very CPU": ("clang", ("-O3", "-march=native", "-ffp-contract=fast", *STRICT)),
    "clang as C++": ("clang", ("-O1", *AS_CPP)),
    "64-bit ARM": ("arm64", ("-O2", "-ffp-contract=fast", *STRICT)),
    "32-bit ARM": ("arm", ("-O2", *STRICT)),
    "32-bit ARM with NEON": ("arm", ("-O2", "-mfpu=neon", *STRICT)),
}
# All of them for one file, and of others what differs most.
PAIRS = [("table False", flags) for flags in FLAGS] + [
    (name, flags)
    for name in ("table True", "linear False")
    for flags in ("gcc", "clang as C++", "clang for this very CPU", "64-bit ARM", "32-bit ARM")
]


@pytest.mark.parametrize(("name", "flags"), PAIRS)
def test_no_compiler_warns_and_all_give_the_same_bits(
    name: str, flags: str, files: dict[str, dict[str, str]], bundles: dict[str, Path], tmp_path: Path
) -> None:
    by, given = FLAGS[flags]
    source = open_source(bundles[name.split()[0]])
    program = compiled(files[name], tmp_path, by=by, flags=given)
    assert_same(program, source)


def checked_by_itself(source: Source) -> dict[str, str]:
    files = files_of(source)
    files["driver.c"] = (
        '#include "model.h"\n#include <stdio.h>\nint main(void) { return printf("%d", model_self_test()) < 0; }\n'
    )
    return files


def test_a_changed_byte_is_found(tmp_path: Path) -> None:
    source = small_source()
    files = checked_by_itself(source)
    assert compiled(files, tmp_path, flags=("-O1",))() == b"0"
    found = re.search(r"model_levels\[\d+\] = \{\n    (\d+),", files["model.c"])
    assert found is not None
    start, end = found.span(1)
    changed = files["model.c"][:start] + str(int(found[1]) ^ 255) + files["model.c"][end:]
    assert int(compiled({**files, "model.c": changed}, tmp_path, flags=("-O1",))()) > 0
    assert "model_self_test" not in symbols_without_it(files, tmp_path)


def symbols_without_it(files: dict[str, str], folder: Path) -> str:
    main = files["driver.c"].replace("model_self_test()", "0")
    compiled({**files, "driver.c": main}, folder, flags=("-O1", "-DMODEL_NO_SELF_TEST"))
    return (folder / "program-gcc").read_bytes().decode("latin-1")


def small_source() -> Source:
    own = [settings_of(*each) for each in LEARNED[0]]
    tfidf = NgramTfidf.learn(["the of and a transformer", "graph neural networks", "word two"], Cleaning("words"), own)
    return rows_source(rows_of(tfidf, 5, 7), space_of("multilabel"))


def test_two_models_in_one_program(bundles: dict[str, Path], tmp_path: Path) -> None:
    files = {"main.c": MAIN}
    for name, form in (("one", "table"), ("two", "linear")):
        made = files_of(open_source(bundles[form]), Target(name, 300))
        files |= {f"{name}.c": made[f"{name}.c"], f"{name}.h": made[f"{name}.h"]}
    assert compiled(files, tmp_path, flags=("-O1",))() == b"0 0 person person"


@pytest.mark.parametrize("small", [False, True])
def test_nothing_beside_an_array_is_touched(small: bool, tmp_path: Path) -> None:
    """Hostile bytes and texts at the limit, under the sanitizers of both models; the answers are compared elsewhere."""
    rng = np.random.default_rng(8)
    texts: list[str | bytes] = [*TEXTS, *(rng.bytes(int(n)) for n in rng.integers(0, 90, 400))]
    texts += ["ab " * 21 + "a", "+" * 64, "ﷺ" * 21, "入" * 21, "é" * 32, "x" * 64, "\U00020000" * 16]
    target = Target("model", 64, small)
    tokenizer = alphabet_of("words", "bytes")
    for number, source in enumerate(
        (small_source(), table_source(factored(tokenizer.n_ids, 7), tokenizer, space_of("multiclass")))
    ):
        program = program_of(source, tmp_path / str(number), target, flags=("-O1", *CHECKED))
        assert len(program(framed(texts))) >= 4 * len(texts)


def test_what_has_no_place_in_c(monkeypatch: pytest.MonkeyPatch) -> None:
    source = small_source()
    with pytest.raises(ArtifactError, match=r"at most 1,048,576 bytes of stack are allowed in C.*choose a smaller"):
        generated(source, Target("model", 65535))
    hostile = replace(source.bundle, space=replace(source.space, classes=("a\0b", "b", "c", "d", "e")))
    with pytest.raises(ArtifactError, match=r"names without zeros .* rename the class"):
        generated(replace(source, bundle=hostile), TARGET)
    monkeypatch.setattr(arrays, "MOST_DATA_BYTES", 1000)
    with pytest.raises(ArtifactError, match="at most 1,000 bytes of constant data"):
        generated(source, TARGET)


def test_fast_arithmetic_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="compile without -ffast-math"):
        compiled(files_of(small_source()), tmp_path, flags=("-O1", "-ffast-math"))


@pytest.mark.parametrize("content", [b'"\\??/\x01\xff9', "größe".encode()])
def test_a_string_is_read_back(content: bytes) -> None:
    said = string(content)
    assert "?" not in said.replace("\\077", "")
    assert said.encode("ascii").decode("unicode_escape").encode("latin-1") == b'"' + content + b'"'
