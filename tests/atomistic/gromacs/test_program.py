import os
import stat

import pytest

from mobcg.atomistic.gromacs import program as module
from mobcg.atomistic.gromacs.program import Program, find_program
from mobcg.atomistic.run import simulate
from mobcg.outcomes import InputError, Outcome, PhysicalFailure


def _pretend(folder, says, status=0):
    """A program that says something and ends."""
    path = folder / "gmx-pretended"
    path.write_text(f"#!/bin/sh\ncat <<'END'\n{says}\nEND\nexit {status}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def test_a_missing_program_is_told_before_any_work(butane, brief, tmp_path, monkeypatch):
    monkeypatch.setenv("MOBCG_GMX", "no-such-gmx")
    with pytest.raises(InputError, match=r"'no-such-gmx'.*install GROMACS.*MOBCG_GMX.*engine: openmm"):
        simulate(butane, 270.0, 1.0, brief.model_copy(update={"engine": "gromacs"}), tmp_path / "run", seed=1)
    assert not (tmp_path / "run").exists()


def test_the_program_is_the_one_that_the_environment_names(tmp_path, monkeypatch):
    says = "GROMACS version:    2023.3-conda_forge\nMPI library:        MPI"
    monkeypatch.setenv("MOBCG_GMX", str(_pretend(tmp_path, says)))
    found = find_program(3)
    assert (found.name, found.threads, found.thread_mpi) == ("GROMACS 2023.3-conda_forge", 3, False)


@pytest.mark.parametrize(("says", "told"), [("GROMACS version:    2019.6", "2021 or newer"), ("hello", "does not answer as GROMACS")])
def test_a_program_that_will_not_do_is_refused(tmp_path, monkeypatch, says, told):
    monkeypatch.setenv("MOBCG_GMX", str(_pretend(tmp_path, says)))
    with pytest.raises(InputError, match=told):
        find_program(1)


@pytest.mark.parametrize(
    ("says", "outcome"),
    [
        ("Step 10, time 0.02 (ps)  LINCS WARNING\nFatal error:\nToo many LINCS warnings (1001)", Outcome.BLOW_UP),
        ("Box[    0]={         inf,         -nan,         -nan}", Outcome.BLOW_UP),
        ("Step 0: The total potential energy is 1.6e+14, which is extremely high.", Outcome.BLOW_UP),
        ("One of the box vectors has become shorter than twice the cut-off length", Outcome.BOX_TOO_SMALL),
    ],
)
def test_physical_ends_are_outcomes(tmp_path, says, outcome):
    program = Program(str(_pretend(tmp_path, says, 1)), "2022", 1, True)
    with pytest.raises(PhysicalFailure, match="stage soft") as caught:
        program.simulate(tmp_path, "soft")
    assert caught.value.outcome is outcome


def test_any_other_end_is_an_error_with_the_programs_words(tmp_path):
    program = Program(str(_pretend(tmp_path, "Running in Nanjing\nFatal error:\nNo space left on device", 1)), "2022", 1, True)
    with pytest.raises(RuntimeError, match=r"gmx mdrun ended with status 1 in stage npt: Fatal error: \| No space left on device"):
        program.simulate(tmp_path, "npt")


def test_a_killed_mdrun_is_no_blow_up(tmp_path):
    path = _pretend(tmp_path, "LINCS WARNING")
    path.write_text(path.read_text().replace("exit 0", "kill -9 $$"))
    with pytest.raises(RuntimeError, match="status -9"):
        Program(str(path), "2022", 1, True).simulate(tmp_path, "npt")


def test_a_set_number_of_threads_does_not_reach_the_program(tmp_path, monkeypatch):
    """GROMACS refuses to start where OMP_NUM_THREADS and -ntomp differ."""
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    path = _pretend(tmp_path, "")
    path.write_text('#!/bin/sh\necho "$OMP_NUM_THREADS|$GMX_MAXBACKUP" > seen\n')
    Program(str(path), "2022", 1, True).simulate(tmp_path, "npt")
    assert (tmp_path / "seen").read_text() == "|-1\n"
    assert os.environ["OMP_NUM_THREADS"] == "7"


@pytest.fixture
def impatient(monkeypatch):
    """Looks often, and has patience for a quarter of a second of processor time."""
    monkeypatch.setattr(module, "LOOK_S", 0.05)
    monkeypatch.setattr(module, "PATIENCE_S", 0.25)


def _doing(folder, script):
    path = folder / "gmx-pretended"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return Program(str(path), "2022", 1, True)


def test_a_slow_program_is_waited_for(tmp_path, impatient):
    """On a busy node it may get no processor time for long: that is no blow-up, and its answers are sent once."""
    program = _doing(tmp_path, "cat > said; sleep 1; cp said energy.xvg")
    program.simulate(tmp_path, "soft")
    assert program.energies(tmp_path, ("Temperature",), "soft") == "Temperature\n0\n"


def test_a_busy_program_without_headway_has_blown_up(tmp_path, impatient):
    with pytest.raises(PhysicalFailure, match="no headway any more in stage soft"):
        _doing(tmp_path, "while :; do :; done").simulate(tmp_path, "soft")
