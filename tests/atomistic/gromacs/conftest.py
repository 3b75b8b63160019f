import shutil

import pytest

from mobcg.atomistic.gromacs.program import Program, find_program


@pytest.fixture(scope="session")
def gmx() -> Program:
    if shutil.which("gmx") is None:
        pytest.skip("GROMACS (gmx) is not installed")
    return find_program(1)
