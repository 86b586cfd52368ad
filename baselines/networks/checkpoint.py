"""A network's weights as a safetensors file, and what is said when they belong to another architecture.

safetensors is imported where a file is read or written: a network that never touches the disk runs without it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import torch
from torch import nn

from baselines.checked_reading import named, read_plain_file
from baselines.errors import ArtifactError, Diverged
from baselines.whole_files import write_whole

# No network that has learned something holds a larger one, and four layers of such weights stay within float32.
MAX_WEIGHT = 1e6
_DTYPES = (torch.float32, torch.float64, torch.int8)
Network = TypeVar("Network", bound=nn.Module)


def save_tensors(module: nn.Module, path: Path) -> None:
    """Write every weight, by its name in the network.

    Raises:
        Diverged: weights that nobody could load: not finite, or larger than `MAX_WEIGHT`.
    """
    tensors = module.state_dict()
    for name, tensor in tensors.items():
        if not _is_bounded(tensor):
            raise Diverged(
                f"training diverged: weights of {name} are not finite or above {MAX_WEIGHT:g}; lower the learning rate"
            )
    write_tensors(path, tensors)


def write_tensors(path: Path, tensors: Mapping[str, torch.Tensor]) -> None:
    """Write tensors under their names, from whatever device they lie on, readable by whom the umask says."""
    from safetensors.torch import save

    write_whole(path, save({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}))


def load_network(make: Callable[[], Network], path: Path) -> Network:
    """Make a network and fill it from a safetensors file; its memory is taken once the file is known to fill it.

    Args:
        make: makes the network from sizes that somebody else wrote down.
        path: of the weights.

    Raises:
        ArtifactError: as `load_tensors`, or sizes that no network has.
    """
    try:
        with torch.device("meta"):  # shapes without memory
            expected = _shapes(make().state_dict())
    except (ValueError, TypeError, RuntimeError, OverflowError, ArithmeticError) as error:
        raise ArtifactError(f"{path.parent}: no network has these sizes or settings ({error!s:.200})") from None
    found = _read(path)
    _require(expected, found, path)
    module = make()
    module.load_state_dict(found)
    return module


def load_tensors(module: nn.Module, path: Path) -> None:
    """Fill a network from a safetensors file.

    Raises:
        ArtifactError: unreadable, or of another architecture; names the first tensors that differ.
    """
    found = _read(path)
    _require(_shapes(module.state_dict()), found, path)
    module.load_state_dict(found)


def read_torch(path: Path) -> dict[str, torch.Tensor]:
    """Every tensor of a safetensors file; raises ArtifactError: unreadable, or a weight that is not finite."""
    found = _read(path)
    _require_finite(found, path)
    return found


def _read(path: Path) -> dict[str, torch.Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load

    content = read_plain_file(path)
    try:
        return load(content)
    except (SafetensorError, ValueError, TypeError, KeyError, AttributeError, RuntimeError, OverflowError) as error:
        raise ArtifactError(f"{path}: not a readable safetensors file ({error!s:.200}); make it again") from None


def _shapes(tensors: Mapping[str, torch.Tensor]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(t.shape) for name, t in tensors.items()}


def _require(wanted: Mapping[str, tuple[int, ...]], found: Mapping[str, torch.Tensor], path: Path) -> None:
    """Raise ArtifactError unless the tensors have these names and shapes and are finite."""
    got = _shapes(found)
    differing = [
        f"{named(name)} should be {wanted.get(name, 'absent')}, is {got.get(name, 'absent')}"
        for name in sorted(set(wanted) | set(got))
        if wanted.get(name) != got.get(name)
    ]
    if differing:
        more = f" and {len(differing) - 3} more" if len(differing) > 3 else ""
        raise ArtifactError(f"{path}: a checkpoint of another architecture: {'; '.join(differing[:3])}{more}")
    _require_finite(found, path)


def _require_finite(found: Mapping[str, torch.Tensor], path: Path) -> None:
    for name, t in found.items():
        if t.dtype not in _DTYPES:
            raise ArtifactError(f"{path}: {named(name)}: float32, float64 or int8 is needed, got {t.dtype}")
        if not _is_bounded(t):
            raise ArtifactError(f"{path}: {named(name)}: every weight must be finite and at most {MAX_WEIGHT:g}")


def _is_bounded(tensor: torch.Tensor) -> bool:
    """Whether its numbers are finite and at most `MAX_WEIGHT`; whole numbers are."""
    return not tensor.is_floating_point() or not tensor.numel() or float(tensor.abs().max()) <= MAX_WEIGHT
