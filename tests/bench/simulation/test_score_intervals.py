"""A short, seeded form of the simulation of intervals of scores, and that it repeats."""

from __future__ import annotations

import numpy as np

from bench.simulation.score_intervals import POPULATIONS, binary, multiclass, rows_of_class, rows_of_population

RUNS = 100


def test_scores_are_covered_as_promised() -> None:
    rng = np.random.default_rng(3)
    rows = rows_of_population("4", multiclass(rng, 4, 2.5), 100, RUNS, np.random.default_rng(4), 60)
    rows += rows_of_population("yes", binary(rng, 0.1, 2.5), 100, RUNS, np.random.default_rng(5), 60)
    assert len(rows) == 5 + 8
    for row in rows:
        assert row.coverage >= 0.93 - 2.5 * row.standard_error, row
        assert 0 < row.width < 1.5, row
        assert abs(row.above + row.below + row.coverage - 1) < 1e-12
    assert np.mean([row.coverage for row in rows]) > 0.94


def test_a_class_with_few_positives_errs_on_the_wide_side() -> None:
    for positives in (1, 5, 20):
        for row in rows_of_class(0.8, 0.7, positives, 150, np.random.default_rng(positives)):
            assert row.coverage >= 0.93 - 2.5 * row.standard_error, row
            assert (row.n, row.positives, row.runs) == (220, positives, 150)


def test_the_same_seed_gives_the_same_rows() -> None:
    population = POPULATIONS["4 classes, easy"](np.random.default_rng(1))
    first, second = (rows_of_population("x", population, 30, 3, np.random.default_rng(2), 20) for _ in range(2))
    assert first == second
