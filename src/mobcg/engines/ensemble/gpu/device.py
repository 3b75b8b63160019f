"""What kernels are made of: the only module that names CUDA's own functions, so everything else runs as it stands in numba's simulator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import numpy.typing as npt
from numba import cuda

SIMULATED = bool(numba.config.ENABLE_CUDASIM)

LANES = 32
"""Partial sums of a sum over beads: the order of its terms depends on this, not on the number of threads."""

PARTIALS = LANES + 1
"""Float64 numbers of shared memory: the partial sums and one that a thread tells the others."""

REGISTERS = 80
"""Registers a thread may have: so three blocks of 256 threads share a multiprocessor; what spills does so outside the loops over pairs."""


def device(function: Callable[..., Any]) -> Any:
    """A function for kernels; a plain one in the simulator, whose own wrapper is slow and not safe for threads."""
    return function if SIMULATED else cuda.jit(device=True)(function)


@device
def barrier():
    """Wait for all threads of the block; their writes before it are seen after it."""
    cuda.syncthreads()


@device
def anyone(flag):
    """A barrier that tells whether `flag` (int32) is set on any thread of the block."""
    return cuda.syncthreads_or(flag) != 0


@device
def count(counts, index):
    """Add one to an integer that many threads count in."""
    cuda.atomic.add(counts, index, 1)


@device
def block_sum(here, row):
    """The sum over beads of a float64 row, the same on all threads; begins with a barrier.

    After it the row may be written again; `here.partial` may only be after a further barrier.
    """
    barrier()
    for lane in range(here.thread, LANES, here.threads):
        part = 0.0
        for bead in range(lane, here.beads, LANES):
            part += row[bead]
        here.partial[lane] = part
    barrier()
    total = 0.0
    for lane in range(LANES):
        total += here.partial[lane]
    return total


def to_device(array: npt.NDArray[Any]) -> Any:
    """A copy on the device."""
    return cuda.to_device(array)


def to_host(array: Any) -> npt.NDArray[Any]:
    """A copy of what lies on the device, complete once all launches before are."""
    return np.asarray(array.copy_to_host())


def wait() -> None:
    """Return when everything launched has ended."""
    cuda.synchronize()


def free_memory() -> float:
    """Bytes free on the device."""
    return 1e9 if SIMULATED else float(cuda.current_context().get_memory_info()[0])


def kernel_of(course: Callable[..., Any], shared: bool) -> Any:
    """A kernel that runs `course` with one block a replica, working space in shared memory or in `state.arena`."""
    entry = cuda.jit if SIMULATED else cuda.jit(max_registers=REGISTERS)
    if shared:

        @entry  # type: ignore[untyped-decorator]
        def kernel(plans, state, measured, steps):
            partial = cuda.shared.array(PARTIALS, numba.float64)
            arena = cuda.shared.array(0, numba.float32)
            course(plans, state, measured, steps, cuda.blockIdx.x, cuda.threadIdx.x, cuda.blockDim.x, arena, partial)

    else:

        @entry  # type: ignore[untyped-decorator]
        def kernel(plans, state, measured, steps):
            partial = cuda.shared.array(PARTIALS, numba.float64)
            arena = state.arena[cuda.blockIdx.x]
            course(plans, state, measured, steps, cuda.blockIdx.x, cuda.threadIdx.x, cuda.blockDim.x, arena, partial)

    return kernel
