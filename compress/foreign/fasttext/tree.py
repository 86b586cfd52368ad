"""The tree of labels that hierarchical softmax walks; fastText makes it anew from the labels' counts when it loads."""

from __future__ import annotations

from collections.abc import Sequence

from baselines.errors import ArtifactError

# What a node counts as long as nothing was put together there; counts of labels are below it.
_NOT_YET = 10**15
# Twice the depth that counts of 1 and more can reach.
MAX_DEPTH = 200

Path = tuple[tuple[int, bool], ...]


def paths_of(counts: Sequence[int]) -> tuple[Path, ...]:
    """Each label's way from the root: number of an output row, and whether its sign is turned.

    Source: Huffman (1952), with fastText's choice among equals: labels from the last one on, nodes from the first one
    on, a label only where it counts less. It expects counts that fall, as files have them, and goes on where they
    don't. A label is a right-hand child where the logistic function itself is its share, a left-hand one where it is
    1 - that.

    Args:
        counts: of each label in training.

    Raises:
        ArtifactError: counts for which the tree becomes a chain.
    """
    n = len(counts)
    count = [*counts, *[_NOT_YET] * (n - 1)]
    parent, right = [-1] * (2 * n - 1), [False] * (2 * n - 1)
    label, node = n - 1, n
    for made in range(n, 2 * n - 1):
        pair = []
        for _ in range(2):
            if label >= 0 and (node >= made or count[label] < count[node]):
                pair.append(label)
                label -= 1
            else:
                pair.append(node)
                node += 1
        left_child, right_child = pair
        count[made] = count[left_child] + count[right_child]
        parent[left_child] = parent[right_child] = made
        right[right_child] = True
    return tuple(_path(place, parent, right, n) for place in range(n))


def _path(place: int, parent: Sequence[int], right: Sequence[bool], n: int) -> Path:
    steps = []
    while parent[place] >= 0:
        steps.append((parent[place] - n, not right[place]))
        place = parent[place]
        if len(steps) > MAX_DEPTH:
            raise ArtifactError(
                f"dictionary: counts of labels that make a tree deeper than {MAX_DEPTH}; train with another loss"
            )
    return tuple(reversed(steps))
