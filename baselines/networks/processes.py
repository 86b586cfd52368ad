"""Several processes that train one network together: each holds a share of every batch, and gradients are added up.

Synchronous data parallelism: all processes have the same weights, random numbers and batches. Each puts its own rows of
a batch through the network; the gradients, weighted by how many rows they are of, are summed over the processes by
AllReduce (PyTorch's `torch.distributed`: gloo on CPUs, NCCL on GPUs), and every process makes the same step. The result
is that of one process but for the order in which float32 numbers are added.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from baselines.cores import launched_processes
from baselines.errors import UserError
from baselines.networks.placed_dropout import PlacedDropout

# How long a process waits for the others to come, and then within a step, before it gives up.
JOIN_S, STEP_S = 120, 600
_active: ContextVar[Team | None] = ContextVar("team", default=None)


class LostProcess(UserError):
    """Another process of a training ended, or doesn't answer."""


@dataclass(frozen=True)
class Team:
    """This process among those that train together.

    Attributes:
        rank: its number, from 0; 0 leads.
        size: how many there are, at least 2.
        local_size: how many of them are on this machine.
        store: what the leader tells the others by.
    """

    rank: int
    size: int
    local_size: int
    store: Any

    def share(self, n_rows: int) -> tuple[NDArray[np.intp], float]:
        """Which rows of a batch are this process's own, and their part of all; (n_own,), 0 to 1.

        Where there are fewer rows than processes, some take the first one with weight 0: all have to draw the same
        random numbers.
        """
        own = np.arange(self.rank, n_rows, self.size)
        return (own, len(own) / n_rows) if len(own) else (np.zeros(1, np.intp), 0.0)

    def add_gradients(self, parameters: Sequence[nn.Parameter], loss: Tensor) -> float:
        """Sum gradients and loss, weighted already, over the processes; in one message. Returns the loss."""
        for parameter in parameters:
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        flat = self.summed(torch.cat([loss.detach().reshape(1), *(g.reshape(-1) for g in gradients)]))
        parts = torch.split(flat[1:], [g.numel() for g in gradients])
        for gradient, part in zip(gradients, parts, strict=True):
            gradient.copy_(part.view_as(gradient))
        return float(flat[0])

    def summed(self, values: Tensor) -> Tensor:
        """The sum of a tensor over the processes, in place; the same bits in all of them."""
        with _said():
            torch.distributed.all_reduce(values)
        return values

    @torch.no_grad()
    def start_alike(self, module: nn.Module) -> None:
        """Give every process the leader's weights."""
        with _said():
            for tensor in module.state_dict().values():
                # Filters lie in memory in an order of their own, and a message is sent as it lies.
                whole = tensor.contiguous()
                torch.distributed.broadcast(whole, src=0)
                tensor.copy_(whole)


def active() -> Team | None:
    """The team that trains together now; None for a process on its own."""
    return _active.get()


@contextmanager
def training_together(team: Team | None) -> Iterator[None]:
    """Trainings in this block are those of the whole team: every process has to make the same ones."""
    token = _active.set(team)
    try:
        yield
    finally:
        _active.reset(token)


def placed(team: Team | None, n_rows: int, own: NDArray[np.intp]) -> AbstractContextManager[Any]:
    """Dropout that draws for the whole batch and takes what belongs to the own rows; as ever for one process."""
    return nullcontext() if team is None else PlacedDropout(n_rows, torch.from_numpy(own))


@contextmanager
def joined_team(device: str) -> Iterator[Team | None]:
    """The team that `torchrun` started this process for, until the block ends; None where it started no other.

    Args:
        device: `cpu` or `cuda`; on GPUs each process takes the one with its number on the machine.

    Raises:
        UserError: the variables aren't numbers that go together, too few GPUs, or the others don't come.
    """
    if launched_processes() == 1:
        yield None
        return
    rank, size = _number("RANK", 0), _number("WORLD_SIZE", 2)
    local_rank, local_size = _number("LOCAL_RANK", 0, rank), _number("LOCAL_WORLD_SIZE", 1, size)
    if rank >= size:
        raise UserError(f"RANK: below WORLD_SIZE, which is {size}, is allowed, got {rank}; start with torchrun")
    if device == "cuda":
        n_gpus = torch.cuda.device_count()
        if local_size > n_gpus:
            raise UserError(
                f"torchrun: {local_size} processes on this machine need a GPU each, found {n_gpus}; lower "
                "--nproc-per-node, or train with --device cpu"
            )
        torch.cuda.set_device(local_rank)
    store = _meet(rank, size, "cpu:gloo,cuda:nccl" if device == "cuda" else "gloo")
    try:
        yield Team(rank, size, local_size, store)
    finally:
        torch.distributed.destroy_process_group()


def _meet(rank: int, size: int, backend: str) -> Any:
    import torch.distributed as distributed
    from torch.distributed.distributed_c10d import PrefixStore
    from torch.distributed.rendezvous import rendezvous

    try:
        store, _, _ = next(rendezvous("env://", timeout=timedelta(seconds=JOIN_S)))
        own = PrefixStore("tagpress", store)
        own.set_timeout(timedelta(seconds=JOIN_S))
        steps = timedelta(seconds=STEP_S)
        distributed.init_process_group(backend, store=own, rank=rank, world_size=size, timeout=steps)
        with _said():
            distributed.all_reduce(torch.zeros(1))
        return own
    except (RuntimeError, ValueError, OSError) as error:
        where = f"{os.environ['MASTER_ADDR']}:{os.environ['MASTER_PORT']}"
        raise UserError(
            f"torchrun: the {size} processes didn't find each other at {where} within {JOIN_S} s "
            f"({str(error).splitlines()[0]:.150}); check the address, the port and that all of them were started"
        ) from None


def _number(name: str, least: int, default: int | None = None) -> int:
    text = os.environ.get(name, "" if default is None else str(default))
    if not text.isdecimal() or int(text) < least:
        raise UserError(f"{name}: a whole number from {least} is allowed, got {text!r}; start with torchrun")
    return int(text)


@contextmanager
def _said() -> Iterator[None]:
    """A message that didn't get through, as one sentence."""
    try:
        yield
    except RuntimeError as error:
        raise LostProcess(
            "torchrun: another process of this training ended or doesn't answer "
            f"({str(error).splitlines()[0]:.120}); start the same command again, what is finished is kept"
        ) from None
