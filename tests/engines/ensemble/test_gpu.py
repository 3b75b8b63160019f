"""The GPU's kernels without a GPU: in numba's simulator, under watch for races, on one thread of the processor, and compiled to PTX."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mobcg.engines.ensemble.gpu.available import gpu_available

HERE = Path(__file__).parent
ROOT = HERE.parents[2]


def in_a_process(*arguments, **variables):
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env={**os.environ, **variables}, capture_output=True, text=True, check=False
    )


def run_tests(name, **variables):
    result = in_a_process("-m", "pytest", "-q", "-p", "no:cacheprovider", str(HERE / name), **variables)
    assert result.returncode == 0, result.stdout[-6000:] + result.stderr[-2000:]


def test_kernels_in_the_simulator():
    run_tests("simulated_gpu.py", NUMBA_ENABLE_CUDASIM="1")


@pytest.mark.slow
def test_kernels_on_one_thread_of_the_processor():
    run_tests("one_thread_gpu.py", NUMBA_ENABLE_CUDASIM="1")


def test_threads_do_not_race():
    run_tests("racing_gpu.py", NUMBA_ENABLE_CUDASIM="1")


def test_the_processors_path_imports_no_cuda():
    code = "import sys, mobcg.engines.registry, mobcg.engines.ensemble.gpu.available; sys.exit('numba.cuda' in sys.modules)"
    result = in_a_process("-c", code)
    assert result.returncode == 0, result.stderr


def test_no_gpu_is_no_error():
    assert gpu_available() in (True, False)
    result = in_a_process("-c", "from mobcg.engines.ensemble.gpu.available import gpu_available as a; print(a())", NUMBA_ENABLE_CUDASIM="1")
    assert result.stdout.split()[-1] == "False"


def test_kernels_compile_to_ptx():
    toolkit = os.environ.get("CUDA_HOME", "/usr/local/cuda")
    result = in_a_process(str(HERE / "ptx_gpu.py"), CUDA_HOME=toolkit)
    if result.returncode == 77:
        pytest.skip(f"no compiler for PTX: {result.stdout.strip()}")
    assert result.returncode == 0, result.stderr[-3000:]
    lines = result.stdout.splitlines()
    assert len(lines) == 8
    for line in lines:
        _, calls, from_shared = line.split()
        # everything is one function, and the loops over pairs read shared memory as such
        assert int(calls) == 0
        assert int(from_shared) > 100 or line.startswith("global")
