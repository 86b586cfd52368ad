"""Every registered kind has its entry in each table that lists kinds, and says itself what it needs."""

from __future__ import annotations

import subprocess
import sys

import pytest

from baselines.classifier import Classifier
from baselines.models.light_kinds import LIGHT_KINDS as LIGHT_BASELINES
from baselines.models.registry import BASELINES
from baselines.models.registry import KINDS as BASELINE_KINDS
from bench import candidate
from bench.candidate import BUNDLE_RUNTIMES, PACKAGES, RUNTIMES
from bench.cost import compute
from bench.quality.scoring import RUNTIME_OF_FORM
from bench.study import parser
from compress import audit
from compress.kinds.light import LIGHT_KINDS
from compress.methods.distill.distill_config import PRESETS
from compress.recipes import RECIPES
from compress.registry import KINDS, METHODS
from exports.bundles import write_bundle
from exports.graphs.to_onnx import GRAPHS
from tests.cases.import_case import ROOT

MADE_BY_METHODS = {"cnn", "linear", *(set(KINDS) - set(BASELINE_KINDS))}


def test_a_kind_is_registered_under_its_own_name() -> None:
    assert {name: kind.kind for name, kind in KINDS.items()} == {name: name for name in KINDS}
    made = {entry.make(0, "cpu", 1).kind for name, entry in BASELINES.items()}
    assert made == set(BASELINE_KINDS)


@pytest.mark.parametrize("name", sorted(KINDS))
def test_a_kind_says_its_forms_or_why_it_has_none(name: str) -> None:
    kind = KINDS[name]
    assert set(kind.forms) <= set(RUNTIME_OF_FORM)
    assert kind.library in RUNTIMES
    assert "numpy" in kind.packages
    assert ("torch" in kind.packages) == (kind.library == "torch")
    # Its own reason, which the report's row shows: the one that every kind inherits explains nothing.
    assert kind.forms or (kind.why_no_form != Classifier.why_no_form and len(kind.why_no_form.split()) > 5)


def test_every_form_has_a_writer_and_a_runtime() -> None:
    forms = {form for kind in KINDS.values() for form in kind.forms}
    assert forms == set(RUNTIME_OF_FORM) == set(write_bundle.WRITERS)
    assert set(RUNTIME_OF_FORM.values()) == set(BUNDLE_RUNTIMES) == set(PACKAGES)
    assert set(RUNTIMES) == set(candidate.MODULES)


def test_every_kind_with_an_onnx_form_has_a_graph() -> None:
    assert {name for name, kind in KINDS.items() if "onnx" in kind.forms} == set(GRAPHS)


def test_every_kind_has_a_counting_rule() -> None:
    assert set(compute.RULES) == set(KINDS)


def test_every_kind_that_methods_make_has_an_audit() -> None:
    assert set(audit.RULES) == MADE_BY_METHODS


def test_the_light_kinds_are_those_without_torch_and_onnx() -> None:
    light = {name for name, kind in KINDS.items() if not {"torch", "onnxruntime"} & set(kind.packages)}
    assert set(LIGHT_KINDS) == light
    assert set(LIGHT_BASELINES) == light & set(BASELINE_KINDS)
    code = "import sys, compress.kinds.light; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_the_options_offer_what_there_is() -> None:
    options = {action.dest: action for action in parser.study_parser("study")._actions}
    assert set(options["method"].choices or ()) == {*METHODS, "all"}
    assert set(options["student"].choices or ()) == set(PRESETS)
    assert all(name in str(options["recipe"].help) for name in RECIPES)
