"""Cortex-M boards under an emulator: what the model answers there, and the flash, RAM and stack that it takes."""

from __future__ import annotations

import struct
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.same_bits.answers import Broken
from bench.same_bits.compiled import NAME, compile_with, generated, limits_of, require
from bench.same_bits.engine import Engine, Program, Workshop

BOARDS = Path(__file__).with_name("boards")
# Bytes of the longest text on a board.
LONGEST = 256
_COMPILER, _SIZE, _EMULATOR = "arm-none-eabi-gcc", "arm-none-eabi-size", "qemu-system-arm"
_EACH_S = 1.0
_ALIKE = (
    "-std=c99", "-Os", "-mthumb", "-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections", "-nostartfiles",
    "-T", str(BOARDS / "cortex_m.ld"), "--specs=nano.specs",
)  # fmt: skip
# By the linker script: what is in flash, and what else is in RAM.
_FLASH, _RAM = (".text", ".ARM.exidx", ".data"), (".data", ".bss")
# Why a board left, as boards/board.c says it.
_ENDS = {2: "texts.bin is damaged", 3: "answers.bin can't be written", 4: "a file can't be opened", 99: "a fault"}
_ENDS[5] = "TP_STACK is more than the 64 KB of stack that the board has"


@dataclass(frozen=True)
class Board:
    """A processor and the machine of the emulator that has it."""

    machine: str
    flags: tuple[str, ...]


CORES: dict[str, Board] = {
    "cortex-m3": Board("mps2-an385", ("-mcpu=cortex-m3",)),
    "cortex-m4f": Board("mps2-an386", ("-mcpu=cortex-m4", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16")),
}


def board_engine(workshop: Workshop, name: str) -> Engine:
    """One of `CORES`, with code generated for the fewest bytes.

    Raises:
        Absent: a program that isn't installed, or a bundle that C isn't generated from.
        Broken: it doesn't compile or fit.
    """
    require(_COMPILER, _SIZE, _EMULATOR)
    core, place = CORES[name], workshop.place(name)
    model = generated(workshop, LONGEST, True) / f"{NAME}.c"
    startup = BOARDS / "startup.c"
    program = place / "board.elf"
    compile_with(_COMPILER, (*_ALIKE, *core.flags), [model, startup, BOARDS / "board.c"], program)
    return BoardEngine(workshop, core, place, program, _sizes(core, model, place))


class BoardEngine(Program):
    """A program on a board; texts and answers are files that the emulator opens for it."""

    def __init__(self, workshop: Workshop, core: Board, place: Path, program: Path, sizes: dict[str, int]) -> None:
        command = [
            _EMULATOR, "-M", core.machine, "-display", "none", "-monitor", "none", "-serial", "null",
            "-semihosting-config", "enable=on,target=native", "-kernel", str(program),
        ]  # fmt: skip
        super().__init__(workshop, command, place, _EACH_S, limits_of(workshop, LONGEST), sizes)

    def _run(self, sent: bytes, n: int) -> bytes:
        facts = self._folder / "facts.bin"
        facts.unlink(missing_ok=True)
        try:
            super()._run(sent, n)
        except Broken as error:
            raise Broken(f"{error}{_why(str(error))}") from None
        # Processes.run has made an empty file of that name, which the board has filled since.
        content = (self._folder / "answers.bin").read_bytes()
        classify, probabilities, promised = struct.unpack("<3I", facts.read_bytes())
        self._note(classify, probabilities, promised)
        return content

    def _note(self, classify: int, probabilities: int, promised: int) -> None:
        """Keep the most stack of all chunks; raise Broken where it is more than the header promises."""
        most = dict(self.facts)
        most["stack_bytes"] = max(classify, int(most.get("stack_bytes", 0)))
        most["probabilities_stack_bytes"] = max(probabilities, int(most.get("probabilities_stack_bytes", 0)))
        self.facts = {**most, "promised_stack_bytes": promised}
        if most["stack_bytes"] > promised:
            raise Broken(f"classifying took {most['stack_bytes']:,} bytes of stack, TP_STACK promises {promised:,}")


def _why(said: str) -> str:
    return next((f" ({why})" for code, why in _ENDS.items() if f"code {code}" in said), "")


def _sizes(core: Board, model: Path, place: Path) -> dict[str, int]:
    """Flash and RAM, stack apart, of what a program gets by calling the model: linked with it less linked without."""
    found = []
    for name, flags, sources in (("without", (), ()), ("with", ("-DWITH_MODEL",), (model,))):
        program = place / f"{name}.elf"
        files = [BOARDS / "only_model.c", BOARDS / "startup.c", *sources]
        included = ("-I", str(model.parent), "-DTP_NO_SELF_TEST")
        compile_with(_COMPILER, (*_ALIKE, *core.flags, *flags, *included), files, program)
        found.append(_sections(program))
    return {
        f"{what}_bytes": sum(found[1].get(section, 0) - found[0].get(section, 0) for section in sections)
        for what, sections in (("flash", _FLASH), ("ram", _RAM))
    }


def _sections(program: Path) -> dict[str, int]:
    """Bytes of each section."""
    command: Sequence[str] = (_SIZE, "-A", str(program))
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    rows = [line.split() for line in done.stdout.splitlines()]
    return {row[0]: int(row[1]) for row in rows if len(row) == 3 and row[1].isdecimal()}
