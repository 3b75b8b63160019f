import subprocess
import sys
from importlib.metadata import version

import pytest

import mobcg


def test_every_public_name_is_there_and_says_what_it_is():
    for name in mobcg.__all__:
        value = getattr(mobcg, name)
        assert name == "__version__" or value.__doc__
    assert set(mobcg.__all__) <= set(dir(mobcg))
    assert mobcg.__version__ == version("mobcg")


def test_an_unknown_name():
    with pytest.raises(AttributeError, match="has no attribute 'observ'"):
        _ = mobcg.observ


def test_importing_the_package_or_the_command_line_loads_nothing_heavy():
    heavy = ["numpy", "pandas", "torch", "openmm", "numba", "matplotlib", "rdkit", "scipy", "pyarrow", "pydantic"]
    for module in ("mobcg", "mobcg.cli"):
        code = f"import sys, {module}; print(*[name for name in {heavy} if name in sys.modules])"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert done.stdout.split() == [], module
