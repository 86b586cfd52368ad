"""What is shown while something works: a line a step in a log, lines drawn anew on a terminal, both left clean."""

from __future__ import annotations

import io
import itertools
import re

import pytest
from rich.console import Console

from baselines.watching.watch import Watch

STEPS = [("linear", 10.0), ("cnn", 30.0), ("report", 5.0)]


class Clock:
    """Stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def log() -> tuple[Console, io.StringIO]:
    out = io.StringIO()
    return Console(file=out, width=80), out


def terminal(width: int = 80, **settings: object) -> tuple[Console, io.StringIO]:
    out = io.StringIO()
    console = Console(file=out, width=width, force_terminal=True, force_interactive=True, **settings)  # type: ignore[arg-type]
    return console, out


def step(watch: Watch, clock: Clock, name: str, seconds: float) -> None:
    with watch.step(name):
        clock.now += seconds


def test_a_log_has_one_line_a_step_and_no_control_characters() -> None:
    (console, out), clock = log(), Clock()
    watch = Watch(console, STEPS, clock=clock)
    with watch.showing():
        step(watch, clock, "linear", 10.0)
        step(watch, clock, "cnn", 125.0)
        step(watch, clock, "report", 5.0)
    lines = out.getvalue().splitlines()
    assert lines[0] == "[1/3] linear: 10.0 s, about 35 s left"
    assert re.fullmatch(r"\[2/3\] cnn: 2 min 5 s, about \d+ s left", lines[1])
    assert lines[2:] == ["[3/3] report: 5.0 s"]
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", out.getvalue())
    assert watch.elapsed_s() == 140


def test_what_was_there_already_or_ended_elsewhere_has_no_second_line() -> None:
    (console, out), clock = log(), Clock()
    watch = Watch(console, STEPS, clock=clock)
    with watch.showing(), watch.side_by_side({"linear": (), "cnn": ()}, 2):
        watch.begun("linear")
        watch.begun("cnn")
        clock.now += 12
        watch.ended("linear", 12.0)
    step(watch, clock, "linear", 0.05)
    step(watch, clock, "cnn", 0.05)
    assert out.getvalue().count("\n") == 1
    assert out.getvalue().startswith("[1/3] linear: 12.0 s, ")


def test_a_log_shows_life_once_a_minute_and_not_sooner() -> None:
    (console, _), clock = log(), Clock()
    watch = Watch(console, STEPS, clock=clock)
    assert watch.sign_of_life() == ""
    clock.now += 100
    assert watch.sign_of_life() == ""  # nothing is under way
    watch.begun("cnn")
    assert watch.sign_of_life().startswith("[0/3] cnn: under way, about ")
    clock.now += 59
    assert watch.sign_of_life() == ""
    watch.begun("linear")
    clock.now += 2
    assert watch.sign_of_life().startswith("[0/3] linear, cnn: under way, ")


@pytest.mark.parametrize("width", [40, 80, 200])
def test_a_terminal_shows_the_whole_and_each_step_under_way(width: int) -> None:
    (console, _), clock = terminal(width), Clock()
    watch = Watch(console, STEPS, "the whole study", clock=clock)
    watch.begun("linear")
    clock.now += 5
    watch.begun("cnn")
    watch.reached("cnn", 0.0)
    clock.now += 2
    with console.capture() as captured:
        console.print(watch.drawn())
    lines = re.sub(r"\x1b\[[0-9;]*m", "", captured.get()).splitlines()
    assert [line.split()[0] for line in lines] == ["the", "linear", "cnn"]
    assert all(len(line) <= width for line in lines)
    if width >= 80:
        assert "0:07 about 35 s left" in lines[0]
        assert lines[1].rstrip().endswith("0:07")


def test_the_bar_of_the_whole_and_the_time_left_move_with_the_clock_and_with_reports() -> None:
    (console, _), clock = terminal(), Clock()
    watch = Watch(console, [("cnn", 60.0)], clock=clock)
    shown = []
    with watch.step("cnn"):
        advance = watch.inside("training cnn")
        for second in range(12):
            clock.now += 5
            if second == 5:
                advance(1, 4)  # twice as slow as expected
            if second == 8:
                advance(0, 0)  # says nothing
            watch.drawn()
            shown.append((watch._furthest, watch._left.seconds(clock.now)))
    assert all(later > before for (before, _), (later, _) in itertools.pairwise(shown[:5]))
    lefts = [left for _, left in shown]
    assert lefts[:5] == [55, 50, 45, 40, 35]
    assert 45 < lefts[5] < 90
    assert all(later < before for before, later in itertools.pairwise(lefts[5:]))
    assert [share for share, _ in shown] == sorted(share for share, _ in shown)


def test_on_a_terminal_the_cursor_comes_back_however_it_ends() -> None:
    for error in (KeyboardInterrupt, ValueError):
        console, out = terminal()
        watch = Watch(console, STEPS)
        with pytest.raises(error), watch.showing(), watch.step("linear"):
            raise error
        text = out.getvalue()
        assert text.count("\x1b[?25l") == text.count("\x1b[?25h") == 1
        assert text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l")
        assert "[1/3]" not in text


def test_a_dumb_terminal_is_a_log_and_no_color_means_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    out, clock = io.StringIO(), Clock()
    watch = Watch(Console(file=out, force_terminal=True), STEPS, clock=clock)
    with watch.showing():
        step(watch, clock, "linear", 10.0)
    assert "\x1b[?25l" not in out.getvalue()
    assert "[1/3] linear: 10.0 s, about 35 s left" in out.getvalue()
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("NO_COLOR", "1")
    console, out = terminal()
    with console.capture() as captured:
        watch = Watch(console, STEPS, clock=clock)
        watch.begun("cnn")
        console.print(watch.drawn())
        watch.warn("look")
    assert not re.search(r"\x1b\[[0-9;]*[34][0-9]m", captured.get())


def test_a_name_with_brackets_is_shown_as_it_is() -> None:
    (console, out), clock = log(), Clock()
    watch = Watch(console, [("[red]cnn", 1.0)], clock=clock)
    step(watch, clock, "[red]cnn", 1.0)
    watch.warn("[bold]no markup")
    assert out.getvalue() == "[1/1] [red]cnn: 1.0 s\nwarning: [bold]no markup\n"


def test_steps_are_added_and_skipped() -> None:
    (console, out), clock = log(), Clock()
    watch = Watch(console, STEPS, clock=clock)
    watch.skip("cnn")
    watch.add("budget", 3.0)
    watch.add("linear", 99.0)
    step(watch, clock, "linear", 10.0)
    assert re.fullmatch(r"\[1/3\] linear: 10\.0 s, about [89] s left\n", out.getvalue())
