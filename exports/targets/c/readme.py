"""The page that lies beside a generated file of C."""

from __future__ import annotations

from exports.targets.c.arrays import Piece
from exports.targets.source import Source, Target

_PAGE = """# {name}: a text classifier in C99

Task {task}, {classes} classes. `{name}.c` needs no library, allocates nothing and keeps no state: threads may share it.
It gives the bits that Python gives, on every CPU.

```c
#include "{name}.h"

{name}_answer answer;
if ({name}_classify(text, size, &answer) == {upper}_OK)
    for (int c = 0; c < {upper}_CLASSES; c++)
        if (answer.decided[c]) puts({names});
```

Compile it with `cc -std=c99 -O3 -c {name}.c`; for the fewest bytes with `-Os -ffunction-sections -fdata-sections`, and
link with `-Wl,--gc-sections`. Never with `-ffast-math`: it is refused.

- A text has at most {longest} bytes of UTF-8, and {points} code points once it is cleaned; longer ones give
  `{upper}_TOO_LONG`. What isn't UTF-8 gives `{upper}_NOT_UTF8`. Nothing else is refused.
- Constant data: {data:,} bytes, without the self-test. Stack: at most {stack:,} bytes.
- `{name}_probabilities` gives the probabilities of an answer; a decision needs none.
- `{name}_self_test` returns 0 where some texts get the answers that Python gave; `-D{upper}_NO_SELF_TEST` leaves it
  out.
"""


def readme(source: Source, target: Target, facts: Piece) -> str:
    """How to compile and call it, its limits and its sizes."""
    binary = source.space.task == "binary"
    return _PAGE.format(
        name=target.name,
        upper=target.name.upper(),
        task=source.space.task,
        classes=len(source.space.classes),
        names=f"{target.name}_names[{'1' if binary else 'c'}]",
        longest=target.longest,
        points=2 * target.longest + 2,
        data=facts.data_bytes,
        stack=facts.stack_bytes,
    )
