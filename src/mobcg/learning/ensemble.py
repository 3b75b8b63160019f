"""Ensembles of small networks, all members in one tensor operation, and their training."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise

import pandas as pd
import torch
from threadpoolctl import threadpool_limits
from tqdm import tqdm

logger = logging.getLogger(__name__)


class EnsembleNetwork(torch.nn.Module):
    """Fully connected networks of equal shape with LeakyReLU of slope 0.05: (members, rows, inputs) -> (members, rows, outputs)."""

    def __init__(self, members: int, sizes: Sequence[int], seed: int) -> None:
        super().__init__()
        random = torch.Generator().manual_seed(seed)
        weights, biases = [], []
        for position, (inputs, outputs) in enumerate(pairwise(sizes)):
            last = position == len(sizes) - 2
            size = math.sqrt((1.0 if last else 2.0) / inputs)
            weights.append(torch.nn.Parameter(size * torch.randn(members, inputs, outputs, generator=random)))
            biases.append(torch.nn.Parameter(torch.zeros(members, 1, outputs)))
        self.weights = torch.nn.ParameterList(weights)
        self.biases = torch.nn.ParameterList(biases)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """Outputs (members, rows, outputs)."""
        for position, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            values = torch.baddbmm(bias, values, weight)
            if position < len(self.weights) - 1:
                values = torch.nn.functional.leaky_relu(values, 0.05)
        return values


@contextmanager
def deterministic(threads: int) -> Iterator[None]:
    """Run torch and the linear algebra of numpy with so many threads, and torch only with algorithms that repeat bit for bit; the former
    settings come back at the end.
    """
    before, was = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
    try:
        with threadpool_limits(limits=threads):
            yield
    finally:
        torch.set_num_threads(before)
        torch.use_deterministic_algorithms(was)


def optimise(
    parameters: Sequence[torch.nn.Parameter],
    loss: Callable[[torch.Tensor, torch.Generator], torch.Tensor],
    evaluate: Callable[[], tuple[torch.Tensor, torch.Tensor, torch.Tensor]],
    rows: int,
    epochs: int,
    learning_rate: float,
    weight_decay: float,
    batch_rows: int,
    seed: int,
    head: str,
) -> pd.DataFrame:
    """Adam with L2 and a cosine schedule; every member ends with the weights that served its own validation parents best.

    parameters: each with the members as first axis. loss(row indices, generator): training loss of each member, (members,).
    evaluate(): training, validation and test loss of each member; validation is NaN where a member has no validation rows (the last
    weights then stay). The test loss is recorded, never used.

    Returns the learning curve: epoch, member, head, train_loss, validation_loss, test_loss.
    """
    optimiser = torch.optim.Adam(parameters, lr=learning_rate, weight_decay=weight_decay)
    steps = max(1, epochs * math.ceil(rows / batch_rows))
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps, eta_min=0.01 * learning_rate)
    random = torch.Generator().manual_seed(seed)
    best = [parameter.detach().clone() for parameter in parameters]
    best_loss: torch.Tensor | None = None
    curve = []
    every = max(1, epochs // 100)
    for epoch in tqdm(range(epochs + 1), desc=f"training {head}", disable=None, leave=False):
        if epoch % every == 0 or epoch == epochs:
            with torch.no_grad():
                losses = evaluate()
                best_loss = _keep_best(parameters, best, losses[1], best_loss)
            curve += [
                {"epoch": epoch, "member": member, "head": head, "train_loss": float(a), "validation_loss": float(b), "test_loss": float(c)}
                for member, (a, b, c) in enumerate(zip(*losses, strict=True))
            ]
        if epoch % max(1, epochs // 10) == 0:
            logger.info(
                "%s: epoch %d of %d, training loss %.4g, validation loss %.4g", head, epoch, epochs, losses[0].mean(), losses[1].nanmean()
            )
        if epoch == epochs:
            break
        order = torch.randperm(rows, generator=random)
        for first in range(0, rows, batch_rows):
            chunk = order[first : first + batch_rows]
            optimiser.zero_grad()
            torch.autograd.backward(loss(chunk, random).sum())
            optimiser.step()
            schedule.step()
    with torch.no_grad():
        for parameter, kept in zip(parameters, best, strict=True):
            parameter.copy_(kept)
    return pd.DataFrame(curve)


def _keep_best(
    parameters: Sequence[torch.nn.Parameter], best: list[torch.Tensor], validation: torch.Tensor, best_loss: torch.Tensor | None
) -> torch.Tensor:
    better = torch.ones_like(validation, dtype=torch.bool) if best_loss is None else ~(validation >= best_loss)
    for kept, parameter in zip(best, parameters, strict=True):
        kept.copy_(torch.where(better.reshape(-1, *[1] * (parameter.dim() - 1)), parameter, kept))
    return validation.clone() if best_loss is None else torch.where(better, validation, best_loss)
