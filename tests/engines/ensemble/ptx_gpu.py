"""Compile the GPU's kernels for two generations of devices without having one, a line for each. Ends with 77 where libnvvm is missing."""

import re
import sys
from types import SimpleNamespace

import numba
import numpy as np
from numba import cuda

from mobcg.engines.ensemble.gpu import course
from mobcg.engines.ensemble.gpu.batch import Sizes, empty_tables
from mobcg.engines.ensemble.gpu.layout import PLAN


def compiled(kernel, capability):
    # functions called by a kernel are compiled for the present device: pretend there is one
    import numba.cuda.dispatcher as dispatcher

    dispatcher.get_current_device = lambda: SimpleNamespace(compute_capability=capability)
    arguments = (np.zeros(1, PLAN), *empty_tables(1, Sizes(*[1] * len(Sizes._fields)), False), np.int32(1))
    return cuda.compile_ptx(kernel.py_func, tuple(map(numba.typeof, arguments)), cc=capability)[0]


def main():
    try:
        cuda.compile_ptx(lambda x: None, (numba.float32[::1],), cc=(8, 0))
    except Exception as error:
        sys.stdout.write(str(error).splitlines()[0])
        sys.exit(77)
    for capability in ((8, 0), (9, 0)):
        for shared in (True, False):
            for pairwise in (True, False):
                course.kernel.cache_clear()
                ptx = compiled(course.kernel(shared, pairwise), capability)
                assert f".target sm_{capability[0]}{capability[1]}" in ptx
                calls = len(re.findall(r"\bcall\b", ptx))
                sys.stdout.write(f"{'shared' if shared else 'global'} {calls} {ptx.count('ld.shared.f32')}\n")


if __name__ == "__main__":
    main()
