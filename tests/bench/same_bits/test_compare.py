"""The comparison finds what is planted: one bit, one decision, wrong refusals, answers missing, deaths, and hanging."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest

from baselines.errors import ArtifactError
from bench.same_bits import engine as engine_module
from bench.same_bits.answers import NOT_UTF8, OK, TOO_LONG, Answers, Broken
from bench.same_bits.compare import MOST_KEPT, Found, Row, compare
from bench.same_bits.engine import Absent, Chunk, Engine, Program, Workshop
from bench.same_bits.reference import Limits
from bench.same_bits.texts import Material
from tests.cases.same_case import bundle_of, workshop_of

N, CHUNK = 250, 100
MATERIAL = Material(("data", "a"), ("Text of the data",))
Change = Callable[[Answers], Answers]


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    folder = tmp_path_factory.mktemp("same")
    with workshop_of(bundle_of("tables", folder), folder) as made:
        yield made


class Planted(Engine):
    """The reference with something changed."""

    def __init__(self, workshop: Workshop, change: Change, limits: Limits | None = None) -> None:
        self._reference, self._change = workshop.reference, change
        self.asked: list[int] = []
        if limits is not None:
            self.limits = limits

    def answer(self, chunk: Chunk) -> Answers:
        self.asked.append(len(chunk.texts))
        found = self._reference.answer(chunk.texts)
        return self._change(found.refusing(self.limits.statuses(chunk.texts)))


def compared(workshop: Workshop, make: Callable[[Workshop], Engine], n_texts: int = N) -> tuple[Row, Found]:
    found = compare(workshop, {"planted": make}, MATERIAL, n_texts=n_texts, chunk=CHUNK, threads=1)
    return found.rows[0], found


def planted(workshop: Workshop, change: Change, limits: Limits | None = None) -> Row:
    return compared(workshop, lambda own: Planted(own, change, limits))[0]


def with_value(answers: Answers, field: str, place: tuple[int, ...], change: Callable[[np.ndarray], object]) -> Answers:
    values = getattr(answers, field).copy()
    if place[0] >= len(values):
        return answers
    values[place] = change(values[place])
    return replace(answers, **{field: values})


def test_equal_answers_are_equal(workshop: Workshop) -> None:
    row, found = compared(workshop, lambda own: Planted(own, lambda answers: answers))
    assert (row.state, row.texts, row.differing, row.refused, row.differences) == ("equal", N, 0, {}, [])
    assert row.seconds > 0
    assert sum(found.flavours.values()) == N
    assert found.flavours["awkward"] == 17


@pytest.mark.parametrize("field", ["logits", "probabilities"])
def test_one_bit_of_one_text_is_found(workshop: Workshop, field: str) -> None:
    def flip(answers: Answers) -> Answers:
        return with_value(answers, field, (4, 1), lambda value: np.nextafter(value, np.float32(9), dtype=np.float32))

    row = planted(workshop, flip)
    assert (row.state, row.texts, row.differing) == ("differs", N, 3), "once in each chunk"
    first = row.differences[0]
    assert (first["text"], first["flavour"], first["escaped"], first["field"]) == (4, "awkward", "'a'", field)
    assert row.differences[1]["text"] == CHUNK + 4
    came, wanted = (first[side].partition("(0x")[2][:8] for side in ("came", "expected"))
    assert abs(int(came, 16) - int(wanted, 16)) == 1
    assert first["came"].startswith("[1] ")


def test_one_decision_is_found(workshop: Workshop) -> None:
    row = planted(workshop, lambda answers: with_value(answers, "decided", (5, 0), np.logical_not))
    assert (row.state, row.differing, row.differences[0]["field"]) == ("differs", 3, "decided")
    assert row.differences[0]["expected"] != row.differences[0]["came"]
    row = planted(workshop, lambda answers: with_value(answers, "known", (5,), np.logical_not))
    assert row.differences[0]["field"] == "known"


def test_the_first_texts_are_cut_down_to_what_differs(workshop: Workshop) -> None:
    class Odd(Planted):
        def answer(self, chunk: Chunk) -> Answers:
            found = super().answer(chunk)
            odd = np.array(["\U0001f916" in text for text in chunk.texts])
            return replace(found, known=found.known ^ odd)

    row, _ = compared(workshop, lambda own: Odd(own, lambda answers: answers))
    assert row.state == "differs"
    assert row.differences[0]["escaped"].startswith("'emoji \\U0001f916")
    assert row.differences[0]["shortest"] == ascii("\U0001f916")


def test_few_differing_texts_are_kept_and_all_are_counted(workshop: Workshop) -> None:
    row = planted(workshop, lambda answers: replace(answers, logits=answers.logits + 1))
    assert row.differing == N
    assert len(row.differences) == MOST_KEPT
    assert row.differences[0]["expected"].count("0x") <= 4


def test_right_refusals_are_counted_and_wrong_ones_found(workshop: Workshop) -> None:
    limits = Limits(longest=400, strict=True, fits=lambda text: "emoji" not in text)
    row = planted(workshop, lambda answers: answers, limits)
    assert row.state == "equal"
    assert row.refused["not UTF-8"] >= 2
    assert row.refused["too long"] >= 3, "x a thousand times, 300 words, and what doesn't fit"

    def refuse(status: int) -> Change:
        return lambda answers: replace(answers, status=np.where(np.arange(len(answers)) == 4, status, answers.status))

    for status, said in ((NOT_UTF8, "not UTF-8"), (TOO_LONG, "too long"), (-7, "status -7")):
        row = planted(workshop, refuse(status), limits)
        first = row.differences[0]
        assert (first["field"], first["expected"], first["came"]) == ("status", "answered", said)
    row = planted(workshop, lambda answers: answers.refusing(np.full(len(answers), OK, np.int32)), limits)
    assert row.differences[0]["came"] == "answered", "what must be refused is answered"


def test_limits_are_bytes_then_utf8_then_what_fits() -> None:
    limits = Limits(longest=4, strict=True, fits=lambda text: text != "no")
    assert limits.statuses(["abcd", "éé", "ééé", "\ud800", "a\ud800b", "no", ""]).tolist() == [0, 0, -2, -1, -2, -2, 0]
    assert Limits().statuses(["\ud800", "x" * 99999]).tolist() == [0, 0]


def test_an_engine_that_breaks_is_said_to_and_asked_no_more(workshop: Workshop) -> None:
    engines: list[Planted] = []

    def make(own: Workshop) -> Engine:
        engines.append(Planted(own, lambda answers: answers.first(len(answers) - 1)))
        return engines[-1]

    row, _ = compared(workshop, make)
    assert (row.state, row.texts) == ("broken", 0)
    assert row.reason == "texts 0 to 99: answered 99 of 100 texts"
    assert engines[0].asked == [CHUNK]


def test_one_that_breaks_later_keeps_what_it_had(workshop: Workshop) -> None:
    def later(answers: Answers) -> Answers:
        if len(answers) < CHUNK:
            raise Broken("out of memory")
        return answers

    row = planted(workshop, later)
    assert (row.state, row.texts, row.reason) == ("broken", 200, "texts 200 to 249: out of memory")


def script(content: str) -> Callable[[Workshop], Engine]:
    """An engine that is a program in Python."""
    return lambda own: Program(own, [sys.executable, "-c", content], own.place("script"), each_s=0)


def test_programs_that_answer_too_few_die_or_hang(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = workshop.reference.answer(["one"]).to_bytes()
    few = compared(workshop, script(f"import sys; sys.stdout.buffer.write({expected!r})"))[0]
    assert (few.state, few.reason) == ("broken", "texts 0 to 99: answered 1 of 100 texts")
    dies = compared(workshop, script("import sys; sys.exit('no such model')"))[0]
    assert dies.reason == "texts 0 to 99: ended with code 1: no such model"
    monkeypatch.setattr(engine_module, "_START_S", 1.0)
    hangs = compared(workshop, script("import time; time.sleep(60)"))[0]
    assert hangs.reason == "texts 0 to 99: no answer within 1 s"


def test_absent_refused_and_what_does_not_compile(workshop: Workshop) -> None:
    def fails(error: Exception) -> Callable[[Workshop], Engine]:
        def make(own: Workshop) -> Engine:
            raise error

        return make

    states = {
        "absent": (Absent("cc: not installed"), ArtifactError("words are stemmed")),
        "broken": (Broken("cc: a warning"),),
    }
    for state, errors in states.items():
        for error in errors:
            row, _ = compared(workshop, fails(error))
            assert (row.state, row.reason, row.texts) == (state, str(error), 0)


def test_a_share_is_spread_over_all_texts(workshop: Workshop) -> None:
    slow, fast = Planted(workshop, lambda answers: answers), Planted(workshop, lambda answers: answers)
    engines = {"slow": lambda own: slow, "fast": lambda own: fast}
    found = compare(workshop, engines, MATERIAL, n_texts=N, chunk=CHUNK, shares={"slow": 7, "other": 1})
    assert [row.texts for row in found.rows] == [7, N]
    assert [row.state for row in found.rows] == ["equal", "equal"]
    assert len(slow.asked) == 3
    assert fast.asked == [100, 100, 50]


def test_it_stops_in_order(workshop: Workshop) -> None:
    class Stops(Planted):
        closed = False

        def answer(self, chunk: Chunk) -> Answers:
            raise KeyboardInterrupt

        def close(self) -> None:
            self.closed = True

    engine = Stops(workshop, lambda answers: answers)
    with workshop_of(workshop.reference.folder, workshop.folder) as own, pytest.raises(KeyboardInterrupt):
        compare(own, {"stops": lambda _: engine}, MATERIAL, n_texts=N)
    assert engine.closed
