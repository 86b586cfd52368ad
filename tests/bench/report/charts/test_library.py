"""The charts' script is packed in a process of its own, and here where that process fails."""

from __future__ import annotations

import subprocess
import sys

import pytest
import vl_convert

from bench.report.charts import library as module


def test_it_is_packed_once_and_cannot_end_its_script_element() -> None:
    library = module.charts_library()
    assert "vegaEmbed" in library
    assert "</script" not in library
    assert module.begin_packing() is module.begin_packing()


def test_it_is_packed_here_where_the_process_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    failing = subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"], stdout=subprocess.PIPE)
    monkeypatch.setattr(module, "begin_packing", lambda: failing)
    monkeypatch.setattr(vl_convert, "javascript_bundle", lambda: "window.vega = '</script>'")
    assert module.charts_library.__wrapped__() == "window.vega = '<\\/script>'"
