import logging
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numba
import pytest
from numba import njit

from mobcg import lease
from mobcg.engines.ensemble import compiled


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """A copy of the sources that may be changed."""
    for path in Path(compiled.__file__).parent.glob("*.py"):
        shutil.copy(path, tmp_path)
    monkeypatch.setattr(compiled, "__file__", str(tmp_path / "compiled.py"))
    return tmp_path


def test_the_hash_is_that_of_the_sources_wherever_they_lie(elsewhere, monkeypatch):
    copied = compiled.sources_hash()
    monkeypatch.undo()
    assert compiled.sources_hash() == copied
    assert len(copied) == 64


@pytest.mark.parametrize("name", ["forces.py", "simd.py", "replica.py", "compiled.py", "state.py"])
def test_a_change_in_any_source_changes_the_hash(elsewhere, name):
    before = compiled.sources_hash()
    path = elsewhere / name
    original = path.read_bytes()
    path.write_bytes(original + b"\n")
    assert compiled.sources_hash() != before
    path.write_bytes(original)
    assert compiled.sources_hash() == before


def test_another_numba_changes_the_hash(monkeypatch):
    before = compiled.sources_hash()
    monkeypatch.setattr(numba, "__version__", "0.0.0")
    assert compiled.sources_hash() != before


@njit
def stand_in(plan, start, table, energy, random, capacity, record):
    return capacity + 1


@njit
def other_stand_in(plan, start, table, energy, random, capacity, record):
    return capacity + 2


def test_code_is_stored_under_the_hash(tmp_path, monkeypatch):
    """The same hash finds what was stored, even where the functions called have changed since; another hash compiles anew."""
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(compiled, "simulate", stand_in)
    entry = compiled._compiled("one", True)
    assert entry(0, 0, 0, 0, 0, 5, 0) == 6
    assert sum(entry.stats.cache_misses.values()) == 1
    assert list(tmp_path.rglob("*.nbc"))
    monkeypatch.setattr(compiled, "simulate", other_stand_in)
    again = compiled._compiled("one", True)
    assert again(0, 0, 0, 0, 0, 5, 0) == 6
    assert sum(again.stats.cache_hits.values()) == 1
    changed = compiled._compiled("two", True)
    assert changed(0, 0, 0, 0, 0, 5, 0) == 7
    assert sum(changed.stats.cache_misses.values()) == 1


def test_where_nothing_can_be_stored_a_process_compiles_for_itself(monkeypatch, caplog):
    real = compiled._compiled

    def without_a_place(sources, cache):
        if cache:
            raise RuntimeError("cannot cache function 'entry': no locator available for file")
        return real(sources, cache)

    monkeypatch.setattr(compiled, "_compiled", without_a_place)
    monkeypatch.setattr(compiled, "simulate", stand_in)
    with caplog.at_level(logging.WARNING):
        entry = compiled._entry()
    assert entry(0, 0, 0, 0, 0, 5, 0) == 6
    assert "NUMBA_CACHE_DIR" in caplog.text
    assert not entry.stats.cache_hits


def test_one_process_compiles_while_others_wait_for_its_code(tmp_path, monkeypatch):
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(compiled, "simulate", stand_in)
    monkeypatch.setattr(lease, "LOOK_S", 0.05)
    first, second = compiled._compiled("one", True), compiled._compiled("one", True)
    place = Path(first.stats.cache_path)
    with ThreadPoolExecutor(1) as thread:
        with lease.hold(place):
            waiting = thread.submit(compiled.called, second, 0, 0, 0, 0, 0, 5, 0)
            assert first(0, 0, 0, 0, 0, 5, 0) == 6
            assert not waiting.done()
        assert waiting.result(30) == 6
    assert sum(second.stats.cache_hits.values()) == 1
    assert not second.stats.cache_misses
    third = compiled._compiled("one", True)
    with lease.hold(place):  # no wait where there is code
        assert compiled.called(third, 0, 0, 0, 0, 0, 5, 0) == 6
    assert not list(place.glob(".lease"))
