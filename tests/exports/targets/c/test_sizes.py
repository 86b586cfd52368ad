"""What a model takes on a microcontroller and of the stack, measured by the compilers; and how numbers are coded."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exports.targets.c.coded import Stream, coded
from exports.targets.source import Source, Target
from tests.cases.c_case import compiled
from tests.cases.c_model_case import files_of, space_of, table_source
from tests.cases.student_case import N_CLASSES, student
from tests.exports.targets.c.test_file import small_source

ARM = "arm-none-eabi-gcc"
MAIN = """
#include "model.h"
static model_answer answer;
volatile int seen;
int main(void)
{
    seen = model_classify("a text", 6, &answer);
    seen = answer.decided[0];
    return 0;
}
"""
FEWEST = ("-std=c99", "-Os", "-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections")
CORTEX = ("-mcpu=cortex-m3", "-mthumb", "--specs=nosys.specs", "--specs=nano.specs")
# What a text of 256 bytes may take.
MOST_FLASH_BYTES, MOST_RAM_BYTES = 40_000, 8_000


def student_source() -> Source:
    return table_source(*student(), space_of("multilabel", N_CLASSES))


def test_a_student_fits_a_microcontroller(tmp_path: Path) -> None:
    if shutil.which(ARM) is None:
        pytest.skip(f"{ARM} is not installed")
    files = {**files_of(student_source(), Target("model", 256, small=True), exact_tables=True), "driver.c": MAIN}
    for name, content in files.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    command = [ARM, *FEWEST, *CORTEX, "-fstack-usage", "model.c", "driver.c", "-o", "program"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=120)
    said = subprocess.run(["arm-none-eabi-size", "program"], cwd=tmp_path, check=True, capture_output=True, text=True)
    flash, data, bss = map(int, said.stdout.splitlines()[1].split()[:3])
    stated = stack_stated(files["model.h"])
    assert frames_in(tmp_path) <= stated
    assert flash + data <= MOST_FLASH_BYTES
    assert data + bss + stated <= MOST_RAM_BYTES


@pytest.mark.parametrize("flags", ["-Os", "-O2", "-O3"])
@pytest.mark.parametrize("name", ["small table", "table", "rows"])
def test_the_stack_is_as_stated(name: str, flags: str, tmp_path: Path) -> None:
    """The frames of all functions together, which no chain of calls can exceed: none calls itself."""
    source = small_source() if name == "rows" else student_source()
    files = files_of(source, Target("model", 300, small=name == "small table"))
    compiled({**files, "driver.c": MAIN}, tmp_path, flags=(flags, "-std=c99", "-fstack-usage"))
    assert frames_in(tmp_path) <= stack_stated(files["model.h"])


def stack_stated(header: str) -> int:
    found = re.search(r"#define MODEL_STACK (\d+)", header)
    assert found is not None
    return int(found[1])


def frames_in(folder: Path) -> int:
    """Bytes of all frames that gcc tells of, without those of functions that `classify` never calls."""
    (path,) = folder.glob("*model.su")
    total = 0
    for line in path.read_text().splitlines():
        place, size, kind = line.split("\t")
        assert kind == "static", line
        if not place.endswith(("model_self_test", "model_probabilities")):
            total += int(size)
    assert total
    return total


def decoded(stream: Stream, n: int) -> list[int]:
    """As `parts/factors.c` reads it."""
    bits = "".join(f"{byte:08b}" for byte in stream.content)
    found: list[int] = []
    at = 0
    while len(found) < n:
        code = first = index = length = 0
        while True:
            code, at = code << 1 | int(bits[at]), at + 1
            first <<= 1
            count = int(stream.counts[length])
            if code - first < count:
                break
            index, first, length = index + count, first + count, length + 1
        shared = int(stream.symbols[index + code - first])
        for _ in range(stream.digits):
            found.append(shared % stream.base - stream.base // 2)
            shared //= stream.base
    return found[:n]


@settings(deadline=None)
@given(st.lists(st.integers(-127, 127) | st.integers(-2, 2), min_size=1, max_size=300))
def test_numbers_come_back(values: list[int]) -> None:
    assert decoded(coded(np.array(values, np.int8)), len(values)) == values


def test_very_uneven_numbers_have_codes_that_fit() -> None:
    """Fibonacci's numbers make the longest codes of all."""
    counts = [1, 1]
    while len(counts) < 26:
        counts.append(counts[-1] + counts[-2])
    values = np.repeat(np.arange(-13, 13), counts).astype(np.int8)
    stream = coded(values)
    assert len(stream.counts) <= 30
    assert decoded(stream, 500) == values[:500].tolist()
