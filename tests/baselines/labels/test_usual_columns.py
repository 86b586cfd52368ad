"""Columns are found by their usual names, said where the choice isn't plain, and else proposed as options to type."""

from pathlib import Path
from typing import Any

import pytest

from baselines.data.sources import load
from baselines.errors import DataError
from baselines.labels.asked import Labels, SideColumns
from baselines.labels.columns import columns_of
from baselines.labels.usual_columns import LABELS_COLUMNS, TEXT_COLUMNS
from baselines.tables.table import Table
from tests.cases.data_case import options, write

SENTENCES = [f"a sentence of some length, number {i}" for i in range(20)]


def table(**columns: list[Any]) -> Table:
    return Table(Path("own.csv"), columns, list(range(2, 22)))


@pytest.mark.parametrize("names", TEXT_COLUMNS)
@pytest.mark.parametrize("written", [str, str.title, str.upper])
def test_texts_are_found_in_any_case(names: tuple[str, ...], written: Any) -> None:
    found = columns_of(table(**{written(name): SENTENCES for name in names}, label=["a", "b"] * 10))
    assert found.texts == tuple(map(written, names))


@pytest.mark.parametrize("name", LABELS_COLUMNS)
@pytest.mark.parametrize("written", [str, str.title, str.upper])
def test_labels_are_found_in_any_case(name: str, written: Any) -> None:
    found = columns_of(table(text=SENTENCES, **{written(name): ["a", "b"] * 10}))
    assert found.labels == written(name)
    assert bool(found.notes) == (written(name) not in ("labels", "tags", "label"))


def test_exact_names_come_first_and_the_choice_is_said() -> None:
    both = table(Text=SENTENCES, text=SENTENCES, Label=["x", "y"] * 10, topic=["a", "b"] * 10, intent=["c", "d"] * 10)
    found = columns_of(both)
    assert (found.texts, found.labels) == (("text",), "Label")
    assert "labels from 'Label', by their usual names; there is also 'topic', 'intent'" in found.notes[0]
    assert columns_of(both, Labels("topic")).notes == ()


def test_a_column_has_one_part_to_play() -> None:
    own = table(review=SENTENCES, question=["a", "b"] * 10, label=["a", "b"] * 10)
    assert columns_of(own, Labels("review"), ("question",)).texts == ("question",)
    assert columns_of(own, Labels("review")).texts == ("question",)
    assert (
        columns_of(table(text=SENTENCES, label=SENTENCES, tags=["a", "b"] * 10), sides=SideColumns("tags")).labels
        == "label"
    )
    with pytest.raises(DataError, match=r"column 'label' is asked for as labels and by --text-column"):
        columns_of(own, Labels("label"), ("label",))


PROPOSED: dict[str, tuple[dict[str, list[Any]], str]] = {
    "both": (
        {"id": list(range(20)), "Msg": SENTENCES, "Kind": ["a", "b"] * 10, "n": list(range(20))},
        'try: --text-column "Msg" --labels-column "Kind"',
    ),
    "labels alone": ({"text": SENTENCES, "Kind": ["a", "b"] * 10}, 'try: --labels-column "Kind"'),
    "texts alone": ({"Msg": SENTENCES, "label": ["a", "b"] * 10}, 'try: --text-column "Msg"'),
    "flags": (
        {"Msg": SENTENCES, "red": [0, 1] * 10, "blue": ["x", ""] * 10},
        'try: --text-column "Msg" --label-columns "red,blue"',
    ),
    "many flags": ({"Msg": SENTENCES, **{f"f{i}": [0, 1] * 10 for i in range(20)}}, "--label-columns rest"),
    "words before numbers": (
        {"Msg": SENTENCES, "stars": [1, 2] * 10, "what": ["a", "b", "c", "d"] * 5},
        '--labels-column "what"',
    ),
    "odd names": ({'my "text" $x': SENTENCES, "a kind": ["a", "b"] * 10}, "--text-column 'my \"text\" $x'"),
    "nothing": ({"n": list(range(20))}, "--text-column NAME --labels-column NAME"),
}


@pytest.mark.parametrize("case", PROPOSED)
def test_what_to_type_is_proposed_from_what_stands_there(case: str) -> None:
    columns, proposed = PROPOSED[case]
    with pytest.raises(DataError) as caught:
        columns_of(Table(Path("own.csv"), columns, list(range(2, 22))))
    assert proposed in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_header_in_doubt_is_said_with_it() -> None:
    own = table(**{"first text": SENTENCES, "a": ["a", "b"] * 10})
    object.__setattr__(own, "header_doubt", "the first row looks like a record (--no-header)")
    with pytest.raises(DataError, match=r"looks like a record \(--no-header\). From what stands in them, try: "):
        columns_of(own)


def test_the_proposed_options_work(tmp_path: Path) -> None:
    path = write(tmp_path, "f.csv", "Id,Msg,Kind\n" + "".join(f"{i},some text {i},{'ab'[i % 2]}\n" for i in range(20)))
    with pytest.raises(DataError, match='--text-column "Msg" --labels-column "Kind"'):
        load(options("--dataset", path))
    assert load(options("--dataset", path, "--text-column", "Msg", "--labels-column", "Kind")).task == "binary"
