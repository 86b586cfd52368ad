"""Fixtures and hooks of `pytest bench/ --benchmark-only`; `make bench` compares with the last saved run.

pytest-benchmark runs the rounds of one test back to back, so its table is for looking; the ratios in `extra_info`
come from `bench.measure.rounds`, interleaved, with the run's noise floor. Collector and threads are set here for every
test.
"""

from __future__ import annotations

import gc
import os
import shutil
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import cycle
from typing import Any

import numpy as np
import pytest
from pytest_benchmark.logger import PytestBenchmarkWarning

from baselines.errors import MeasurementError
from bench.measure.environment import describe_environment
from bench.measure.measurements import Measurements
from bench.measure.plan import QUICK
from bench.measure.rounds import measure
from bench.numbers.stats import SAMPLES_NEEDED, percentiles
from bench.results.machines import refuse_unlike
from bench.suite.timed_models import REFERENCE, Suite, build_suite

# Of one model in one test: enough for p99 where a call is short, for p95 where it is long.
_SECONDS_A_TEST = 2.0
WARMUP_CALLS = 10
_VOLATILE = ("load_before", "thread_pools", "git", "hashes", "thread_variables")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--force-unlike` compares with a run that was saved on another machine."""
    parser.addoption("--force-unlike", action="store_true", help="compare with saved runs of unlike machines too")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Refuse xdist, and let pytest-benchmark's own warnings be warnings."""
    if config.getoption("numprocesses", None) or os.environ.get("PYTEST_XDIST_WORKER"):
        raise pytest.UsageError(
            "bench/: pytest-xdist runs tests side by side, so each would time the others' work; run without -n"
        )
    # Twice: pytest has set up its filters for this hook already, and sets up new ones for the tests.
    config.addinivalue_line("filterwarnings", "default::pytest_benchmark.logger.PytestBenchmarkWarning")
    warnings.filterwarnings("default", category=PytestBenchmarkWarning)


def pytest_benchmark_generate_machine_info(config: pytest.Config) -> dict[str, Any]:
    """What decides whether two saved runs may be compared; what changes from minute to minute is in `environment`."""
    found = describe_environment()
    return {key: value for key, value in found.items() if key not in _VOLATILE}


def pytest_benchmark_compare_machine_info(
    config: pytest.Config, benchmarksession: Any, machine_info: Mapping[str, Any], compared_benchmark: dict[str, Any]
) -> None:
    """Refuse saved runs of unlike machines; where that is forced, say what differs."""
    try:
        reasons = refuse_unlike(
            compared_benchmark["machine_info"], machine_info, force=config.getoption("--force-unlike")
        )
    except MeasurementError as error:
        raise pytest.UsageError(str(error).replace("--force", "--force-unlike")) from None
    if reasons:
        benchmarksession.logger.info("Comparing unlike machines: " + "; ".join(reasons))
    # pytest-benchmark would warn of every difference, those that don't matter too.
    compared_benchmark["machine_info"] = machine_info


def pytest_benchmark_update_json(config: pytest.Config, benchmarks: Sequence[Any], output_json: dict[str, Any]) -> None:
    """Percentiles of every test, None where its rounds are too few, and the environment of the run."""
    samples = {bench.fullname: np.asarray(bench.stats.data) for bench in benchmarks}
    for entry in output_json["benchmarks"]:
        entry["stats"]["percentiles_s"] = percentiles(samples[entry["fullname"]])
    output_json["environment"] = describe_environment()


@pytest.fixture(scope="session")
def suite(request: pytest.FixtureRequest) -> Suite:
    """The models, built if they are missing."""
    return build_suite(request.config.rootpath / "runs" / "bench", _teller(request.config))


@pytest.fixture(scope="session")
def interleaved(request: pytest.FixtureRequest, suite: Suite) -> Measurements:
    """All candidates in interleaved rounds, each in its own process; a run that is interrupted here continues here."""
    _teller(request.config)(f"interleaved rounds of {len(suite.candidates)} candidates, a minute or so")
    folder = suite.folder / "bench" / "blocks"
    candidates = list(suite.candidates.values())
    measured = measure(candidates, suite.texts, QUICK, expected=suite.expected, anchor=REFERENCE, folder=folder)
    shutil.rmtree(folder)
    return measured


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> Iterator[None]:
    """One thread in every numerical library; candidates set their own runtimes."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        yield


@pytest.fixture(autouse=True)
def quiet_collector() -> Iterator[None]:
    """What is alive before a test is collected and frozen; `disable_gc` keeps the collector off while timing."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture
def time_calls(benchmark: Any) -> Callable[..., None]:
    """Time `call(item)` for items in turn, one call a round, and add percentiles to `extra_info`."""

    def run(call: Callable[[Any], Any], items: Sequence[Any], info: Mapping[str, Any] | None = None) -> None:
        turn = cycle(items)
        benchmark.extra_info.update(info or {})
        benchmark.pedantic(
            call,
            setup=lambda: ((next(turn),), {}),
            rounds=rounds_for(call, items),
            warmup_rounds=WARMUP_CALLS,
            iterations=1,
        )
        if benchmark.stats is not None:
            benchmark.extra_info["latency_s"] = percentiles(np.asarray(benchmark.stats.stats.data))

    return run


def rounds_for(call: Callable[[Any], Any], items: Sequence[Any]) -> int:
    """As many as p99 needs where 2 s allow that, else as many as fit, 20 at least."""
    import time

    call(items[0])
    start = time.perf_counter()
    for item in items[:5]:
        call(item)
    seconds = (time.perf_counter() - start) / len(items[:5])
    return int(np.clip(_SECONDS_A_TEST / max(seconds, 1e-9), 20, SAMPLES_NEEDED[0.99]))


def _teller(config: pytest.Config) -> Callable[[str], None]:
    """Writes a line to the terminal though pytest captures the output."""
    reporter: Any = config.pluginmanager.getplugin("terminalreporter")
    capture: Any = config.pluginmanager.getplugin("capturemanager")

    def say(text: str) -> None:
        with capture.global_and_fixture_disabled():
            reporter.write_line(f"bench: {text}")

    return say
