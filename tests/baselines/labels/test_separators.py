"""A separator is proposed for several labels in a cell, and not for names that hold one."""

from collections import Counter
from itertools import product

import numpy as np
import pytest

from baselines.labels.separators import SEPARATORS, separation


def made_up(separator: str, n_classes: int, n_cells: int, several: float, seed: int = 0) -> Counter[str]:
    """Cells with one to three of some classes, frequent and rare ones."""
    rng = np.random.default_rng(seed)
    weights = 1 / np.arange(1, n_classes + 1)
    sizes = 1 + (rng.random(n_cells) < several) * rng.integers(1, 3, n_cells)
    return Counter(
        separator.join(
            f"class{c}" for c in rng.choice(n_classes, min(size, n_classes), replace=False, p=weights / weights.sum())
        )
        for size in sizes
    )


@pytest.mark.parametrize("separator", [", ", ",", ";", "|", "||", "/", " + ", "\n"])
@pytest.mark.parametrize(("n_classes", "n_cells"), [(2, 100), (3, 100), (5, 200), (20, 200), (100, 1000)])
@pytest.mark.parametrize("several", [0.1, 0.5, 1.0])
def test_the_separator_is_found(separator: str, n_classes: int, n_cells: int, several: float) -> None:
    found = separation(made_up(separator, n_classes, n_cells, several))
    assert found is not None
    assert found.separator == separator.strip(" ")
    assert {*found.parts} <= {f"class{c}" for c in range(n_classes)}
    assert found.n_ways >= len(found.parts)


def test_blanks_separate_where_the_parts_are_known_alone() -> None:
    assert separation(Counter({"cs.LG": 5, "cs.AI": 3, "stat.ML": 4, "cs.LG stat.ML": 3, "cs.AI cs.LG": 1})) is not None
    assert separation(Counter({"card arrival": 9, "lost card": 9, "card lost": 2, "late arrival": 4})) is None


def test_examples_and_counts_are_the_data_s() -> None:
    found = separation(Counter({"a": 5, "b": 2, "a, b": 3, "b, c": 1}))
    assert found is not None
    assert (found.n_cells, found.n_ways, found.cells, found.parts) == (4, 4, ("a, b", "b, c"), ("a", "b", "c"))


def test_one_cell_is_enough_where_its_parts_are_classes() -> None:
    assert separation(Counter({"a": 20, "b": 20, "a;b": 1})) is not None
    assert separation(Counter({"a": 20, "b": 20, "a;c": 1})) is None


# What people call single classes: real lists, and the shapes that look most like sets of labels.
NAMES: dict[str, list[str]] = {
    "news": ["World", "Sports", "Business", "Sci/Tech"],
    "shop": [
        *("Arts, Crafts & Sewing", "Cell Phones & Accessories", "Clothing, Shoes & Jewelry", "Electronics"),
        *("Grocery & Gourmet Food", "Health & Personal Care", "Home & Kitchen", "Industrial & Scientific"),
        *("Movies & TV", "Patio, Lawn & Garden", "Sports & Outdoors", "Tools & Home Improvement", "Toys & Games"),
    ],
    "toys": ["Trains, planes", "Dolls, houses", "Bricks", "Trains, planes and more"],
    "cities": ["Albany, NY", "Buffalo, NY", "Boston, MA", "Salem, MA", "Austin, TX", "Waco, TX"],
    "countries": ["Korea, Republic of", "Iran, Islamic Republic of", "Congo", "Moldova, Republic of", "France"],
    "people": [f"{family}, {name}" for family, name in product(["Doe", "Roe", "Poe"], ["Ann", "Bob", "Cy", "Di"])],
    "paths": [f"{top}/{top[0]}{n}" for top, n in product(["Home", "Garden"], range(4))] + ["Home"],
    "deep paths": [f"{a}/{a}{b}/{a}{b}{c}" for a, b, c in product("AB", "CD", "EF")] + ["A", "B"],
    "intents": ["card_arrival", "card lost", "lost or stolen card", "card not working", "not working"],
    "diagnoses": ["Pain, unspecified", "Fever, unspecified", "Cough", "Headache, tension-type", "Fatigue"],
    "versions": ["1.0", "1.1", "2.0"],
    "one": ["a, b"],
    "none": [],
}


@pytest.mark.parametrize("case", NAMES)
def test_names_are_left_whole(case: str) -> None:
    assert separation(Counter(dict.fromkeys(NAMES[case], 7))) is None


def test_odd_cells_are_no_trouble() -> None:
    for separator in SEPARATORS:
        assert separation(Counter({separator: 3, separator * 3: 2, f"a{separator}": 4, "": 1})) is None
