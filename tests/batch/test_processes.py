import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from mobcg.batch.processes import Piece, device_environment, work_off
from tests.batch.work import meet

ROOT = Path(__file__).parents[2]

ENDLESS = """
from pathlib import Path
from mobcg.batch.processes import Piece, work_off
from tests.batch.work import make
folder = Path({folder!r})
work_off([Piece("a", make, (folder, "wait"), folder / "a.log")])
"""


def test_pieces_go_side_by_side(tmp_path):
    folder = tmp_path / "meeting"
    folder.mkdir()
    assert work_off([Piece(str(index), meet, (folder, 3), tmp_path / f"{index}.log") for index in range(3)], at_a_time=3) == {}
    assert len(list(folder.iterdir())) == 3


def test_processes_end_when_their_parent_is_killed(tmp_path):
    """What they would write meets with what the next attempt writes."""
    script = tmp_path / "endless.py"
    script.write_text(
        "if __name__ == '__main__':\n" + "".join(f"    {line}\n" for line in ENDLESS.format(folder=str(tmp_path)).splitlines())
    )
    reading, writing = os.pipe()
    environment = os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"}
    parent = subprocess.Popen([sys.executable, script], env=environment, pass_fds=[writing], stderr=subprocess.DEVNULL)
    os.close(writing)
    while not (tmp_path / "began").exists():
        assert parent.poll() is None
        time.sleep(0.01)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    with os.fdopen(reading) as pipe:
        assert pipe.read() == "", "ends once no process holds the other end"


def test_runs_that_share_a_gpu_through_mps_get_twice_their_even_share(tmp_path):
    user = {"CUDA_MPS_PIPE_DIRECTORY": str(tmp_path)}
    assert device_environment(4, user) == {}
    (tmp_path / "control").touch()
    assert device_environment(4, user) == {"CUDA_MPS_ACTIVE_THREAD_PERCENTAGE": "50"}
    assert device_environment(2, user) == {"CUDA_MPS_ACTIVE_THREAD_PERCENTAGE": "100"}
    assert device_environment(1, user) == {}
    assert device_environment(4, user | {"CUDA_MPS_ACTIVE_THREAD_PERCENTAGE": "30"}) == {}
