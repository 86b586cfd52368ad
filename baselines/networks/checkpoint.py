"""A network's weights as a safetensors file, and what is said when they belong to another architecture.

safetensors is imported where a file is read or written: a network that never touches the disk runs without it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import nn

from baselines.errors import ArtifactError
from baselines.whole_file import write_whole


def save_tensors(module: nn.Module, path: Path) -> None:
    """Write every weight, by its name in the network."""
    write_tensors(path, module.state_dict())


def write_tensors(path: Path, tensors: Mapping[str, torch.Tensor]) -> None:
    """Write tensors under their names, from whatever device they lie on, readable by whom the umask says."""
    from safetensors.torch import save

    write_whole(path, save({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}))


def load_tensors(module: nn.Module, path: Path) -> None:
    """Fill a network from a safetensors file.

    Raises:
        ArtifactError: unreadable, or of another architecture; names the first tensors that differ.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        found = load_file(path)
    except (OSError, SafetensorError) as error:
        raise ArtifactError(f"{path}: not a readable safetensors file ({error})") from None
    wanted = {name: tuple(t.shape) for name, t in module.state_dict().items()}
    got = {name: tuple(t.shape) for name, t in found.items()}
    differing = [
        f"{name} should be {wanted.get(name, 'absent')}, is {got.get(name, 'absent')}"
        for name in sorted(set(wanted) | set(got))
        if wanted.get(name) != got.get(name)
    ]
    if differing:
        more = f" and {len(differing) - 3} more" if len(differing) > 3 else ""
        raise ArtifactError(f"{path}: a checkpoint of another architecture: {'; '.join(differing[:3])}{more}")
    if not all(bool(torch.isfinite(t).all()) for t in found.values()):
        raise ArtifactError(f"{path}: every weight must be finite")
    module.load_state_dict(found)
