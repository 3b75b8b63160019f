"""Is there a GPU that runs our code?"""

from __future__ import annotations

import functools
import logging

import numba
import numpy as np

logger = logging.getLogger(__name__)


@functools.cache
def gpu_available() -> bool:
    """Whether a small kernel compiles and runs rightly; False, with the reason logged, where driver, device or compiler are missing.

    False under numba's simulator too (NUMBA_ENABLE_CUDASIM): it is for tests.
    """
    if numba.config.ENABLE_CUDASIM:
        return False
    try:
        from numba import cuda

        if not cuda.is_available():
            return False

        @cuda.jit  # type: ignore[untyped-decorator]
        def add_one(numbers):
            numbers[cuda.threadIdx.x] += 1

        numbers = cuda.to_device(np.arange(32, dtype=np.int32))
        add_one[1, 32](numbers)
        return bool(np.array_equal(numbers.copy_to_host(), np.arange(1, 33)))
    except Exception as error:  # whatever a driver, a compiler or their bindings raise: then there is no GPU for us
        logger.info("no GPU: %s", error)
        return False
