import pytest

from mobcg.config import LearningOptions
from mobcg.database.store import Database
from mobcg.learning.dataset import Rows, rows_of
from tests.learning.conftest import library


@pytest.fixture(scope="session")
def database() -> Database:
    """32 runs of 8 parents."""
    return library(8, 4, seed=5)


@pytest.fixture(scope="session")
def rows(database: Database) -> Rows:
    return rows_of(database)


@pytest.fixture(scope="session")
def options() -> LearningOptions:
    """A training of seconds."""
    return LearningOptions(x_max=1.8, threads=1)
