"""A device of one thread, compiled for the processor: stands in for `gpu.device`, so the kernels' own code runs liquids of real size."""

import math

import numpy as np
from numba import njit

from mobcg.engines.ensemble.gpu import device


def compiled(function):
    return njit(error_model="numpy")(function)


@compiled
def barrier():
    return None


@compiled
def anyone(flag):
    return flag != 0


@compiled
def count(counts, index):
    counts[index] += 1


def kernel_of(course, shared):
    class Kernel:
        def __getitem__(self, configuration):
            blocks, _, _, size = configuration

            def launch(plans, state, measured, steps):
                for replica in range(blocks):
                    arena = np.full(size // 4, math.nan, dtype=np.float32) if shared else state.arena[replica]
                    course(
                        plans,
                        state,
                        measured,
                        steps,
                        np.int32(replica),
                        np.int32(0),
                        np.int32(1),
                        arena,
                        np.full(device.PARTIALS, math.nan),
                    )

            return launch

    return Kernel()


def install():
    """Take the place of the device's own functions, before anything of `gpu` that uses them is imported; needs the simulator chosen."""
    assert device.SIMULATED
    device.device, device.barrier, device.anyone, device.count, device.kernel_of = compiled, barrier, anyone, count, kernel_of
    device.block_sum = compiled(device.block_sum)
    device.to_device = device.to_host = lambda array: array
    device.wait = lambda: None
