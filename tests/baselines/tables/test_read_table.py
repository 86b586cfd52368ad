"""Every file format is read back as it was written."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.data.sources import load
from baselines.errors import MissingExtra, UserError
from baselines.tables.read_table import read_table
from baselines.tables.reading import Reading
from tests.cases.data_case import FORMATS, csv_of, many_rows, options, write
from tests.cases.file_case import PACKED

# No lone surrogates: they can't be written as UTF-8.
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


# Quotes, separators and line ends more often than chance would have them.
AWKWARD = st.one_of(ANY_TEXT, st.text(',;\t"\n\r\u2028é😀\ufeff', max_size=8))


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_format_gives_the_same_data(suffix: str, tmp_path: Path) -> None:
    records = [
        {"title": f"T{i}", "description": "" if i % 5 else f"d {i}", "tags": "a; b" if i % 3 else "b"}
        for i in range(40)
    ]
    FORMATS[suffix](records, path := tmp_path / f"mine{suffix}")
    dataset = load(options("--dataset", str(path), "--label-separator", ";"))
    assert dataset.classes == ("a", "b")
    assert dataset.everything.texts[:2] == ("T0 d 0", "T1")
    assert dataset.everything.labels[:2].tolist() == [[False, True], [True, True]]


def test_a_long_text_is_read(tmp_path: Path) -> None:
    path = write(tmp_path, "f.csv", "text,label\n" + many_rows() + "x" * 200_000 + ",a\n")
    limit = csv.field_size_limit()
    assert len(load(options("--dataset", path)).everything.texts[-1]) == 200_000
    assert csv.field_size_limit() == limit


@settings(deadline=None)
@given(
    st.lists(st.lists(AWKWARD, min_size=2, max_size=2), min_size=1, max_size=6),
    st.sampled_from([",", "\t"]),
    st.booleans(),
)
def test_csv_round_trip(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], delimiter: str, mark: bool
) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows([["one", "two"], *rows])
    path = tmp_path_factory.mktemp("csv") / ("f.csv" if delimiter == "," else "f.tsv")
    path.write_bytes(out.getvalue().encode("utf-8-sig" if mark else "utf-8"))
    table = read_table(path)
    assert [list(pair) for pair in zip(table.column("one"), table.column("two"), strict=True)] == rows


@settings(deadline=None)
@given(st.lists(st.dictionaries(AWKWARD, AWKWARD, min_size=1, max_size=3), min_size=1, max_size=6), st.booleans())
def test_jsonl_round_trip(
    tmp_path_factory: pytest.TempPathFactory, records: list[dict[str, str]], ascii_only: bool
) -> None:
    path = tmp_path_factory.mktemp("jsonl") / "f.jsonl"
    path.write_text(
        "\n".join(json.dumps(r, ensure_ascii=ascii_only) for r in records) + "\n", encoding="utf-8", newline=""
    )
    table = read_table(path)
    found = [
        {name: values[i] for name, values in table.columns.items() if values[i] is not None}
        for i in range(len(records))
    ]
    assert found == records


@settings(deadline=None, max_examples=200)
@given(
    st.sampled_from([*FORMATS, ".arrow", ".txt", ".csv.zst", ".csv.bz2", ".csv.xz", ".zip"]),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.binary(max_size=4)), max_size=4),
    st.floats(0, 1),
    st.sampled_from([None, True, False]),
)
def test_a_damaged_file_is_read_or_refused_in_one_line(
    tmp_path_factory: pytest.TempPathFactory,
    suffix: str,
    changes: list[tuple[float, bytes]],
    kept: float,
    header: bool | None,
) -> None:
    path = tmp_path_factory.mktemp("damaged") / f"f{suffix}"
    content = bytearray(whole(path))
    for place, own in changes:
        begin = int(place * len(content))
        content[begin : begin + len(own)] = own
    path.write_bytes(bytes(content[: round(len(content) * max(kept, 0.5) if kept < 0.9 else len(content))]))
    try:
        table = read_table(path, Reading(header=header))
        # Columns of a Parquet file are read when they are asked for, and refused then.
        lengths = {len(values) for values in table.columns.values()}
    except UserError as error:
        said = str(error)
        assert str(path) in said
        assert len(said.splitlines()) == 1
    else:
        assert lengths == {len(table.rows)}


def whole(path: Path) -> bytes:
    """A sound file of this extension."""
    records = [{"text": f'text é {i}, "x"', "label": "ab"[i % 2]} for i in range(12)]
    if path.suffix == ".arrow":
        FORMATS[".feather"](records, path)
    elif path.suffix == ".txt":
        path.write_text("\n".join(f"{i % 3} hello you {i}" for i in range(12)), encoding="utf-8")
    elif path.suffix in PACKED and path.name != "f.csv.gz":
        path.write_bytes(PACKED[path.suffix](csv_of(records, ",").encode()))
    else:
        FORMATS["".join(path.suffixes)](records, path)
    return path.read_bytes()


def test_reading_imports_the_standard_library_alone() -> None:
    code = (
        "import sys, baselines.tables.read_table, baselines.tables.frames\n"
        "found = {name.partition('.')[0] for name in sys.modules}\n"
        "print(found - set(sys.stdlib_module_names) - {'baselines', '__main__'})"
    )
    root = Path(__file__).resolve().parents[3]
    out = subprocess.run(
        [sys.executable, "-S", "-c", code], cwd=root, capture_output=True, text=True, check=True, timeout=60
    )
    assert out.stdout.strip() == "set()"


def test_parquet_without_pyarrow_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, "f.parquet", "x")
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(MissingExtra, match=r"pip install 'tagpress\[data\]'"):
        load(options("--dataset", path))
