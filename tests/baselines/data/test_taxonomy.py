"""A taxonomy is checked tag by tag, and restricted to what concerns the classes."""

import json
from pathlib import Path
from typing import Any

import pytest

from baselines.data.sources import load
from baselines.data.taxonomy import check_taxonomy, parse_taxonomy, read_taxonomy, restrict
from baselines.dataset import TaxonomyEntry
from baselines.errors import DataError
from tests.cases.data_case import GOOD, options, write


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([{"tag": "a", "parents": ["b"]}], "parent 'b' of tag 'a' is not a tag"),
        ([{"tag": "a"}, {"tag": "b", "aliases": ["c"]}, {"tag": "d", "parents": ["c"]}], "parent 'c' of tag 'd'"),
        ([{"tag": "a"}, {"tag": "a"}], "tag 'a' occurs twice"),
        ([{"tag": "a", "aliases": ["x"]}, {"tag": "b", "aliases": ["x"]}], "alias 'x' of tag 'b' also stands for 'a'"),
        ([{"tag": "a", "aliases": ["b"]}, {"tag": "b"}], "alias 'b' of tag 'a' also stands for 'b'"),
        ([{"tag": "a", "parents": ["a"]}], "lead back to it .a -> a"),
        ([{"tag": "a", "parents": ["b"]}, {"tag": "b", "parents": ["c"]}, {"tag": "c", "parents": ["a"]}], "lead back"),
        ({"tag": "a"}, "expected a list of tags, got dict"),
        ([{"name": "a"}], "entry 1: expected an object"),
        ([{"tag": "a", "aliases": "x"}], "aliases of tag 'a'"),
    ],
)
def test_a_bad_taxonomy_names_the_tag(content: Any, message: str, tmp_path: Path) -> None:
    path = tmp_path / "tags.json"
    path.write_text(json.dumps(content))
    with pytest.raises(DataError, match=message):
        read_taxonomy(path)


def test_a_deep_taxonomy_with_two_ways_up_is_no_cycle() -> None:
    chain = [TaxonomyEntry(str(i), (), (str(i + 1), str(i + 2))) for i in range(5_000)]
    check_taxonomy([*chain, TaxonomyEntry("5000"), TaxonomyEntry("5001")], "here")


def test_restricted_taxonomy_keeps_what_stands_above_and_below_the_classes() -> None:
    tags = [
        {"tag": "a", "parents": ["b"]},
        {"tag": "b", "aliases": ["bee"]},
        {"tag": "c"},
        {"tag": "d", "parents": ["a"]},
    ]
    taxonomy = parse_taxonomy(tags, "here")
    assert [entry.tag for entry in restrict(taxonomy, ["a"])] == ["a", "b", "d"]


def test_taxonomy_of_a_file_reaches_the_part(tmp_path: Path) -> None:
    path = write(tmp_path, "f.csv", GOOD)
    tags = write(tmp_path, "tags.json", '[{"tag": "a", "aliases": ["first"]}]')
    assert load(options("--dataset", path, "--taxonomy", tags)).part("test").taxonomy == (
        TaxonomyEntry("a", ("first",)),
    )


def test_tags_are_spelled_as_the_classes_are() -> None:
    (above, tag) = parse_taxonomy([{"tag": "cafe\u0301"}, {"tag": "te\u00ada", "parents": ["cafe\u0301"]}], "here")
    assert {*restrict([above, tag], ["tea"])} == {TaxonomyEntry("caf\u00e9"), TaxonomyEntry("tea", (), ("caf\u00e9",))}
