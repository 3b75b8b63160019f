import subprocess
import sys

JOB = """
import logging
from mobcg.logs import start_log
from mobcg.outcomes import InputError
start_log({path!r}, "benzene")
logging.getLogger("mobcg.test").info("half way")
raise {error}
"""


def run(path, error):
    return subprocess.run([sys.executable, "-c", JOB.format(path=str(path), error=error)], capture_output=True, text=True)


def test_progress_goes_to_file_and_terminal_and_an_error_says_where_to_look(tmp_path):
    path = tmp_path / "logs/job.log"
    done = run(path, "ValueError('no such thing')")
    assert done.returncode == 1
    assert "benzene: half way" in done.stderr
    assert "error in benzene: ValueError: no such thing" in done.stderr
    assert f"log: {path}" in done.stderr
    assert "Traceback" not in done.stderr
    text = path.read_text()
    assert text.startswith("begun 20")
    assert " by process " in text.splitlines()[0]
    assert "half way" in text
    assert "Traceback" in text


def test_bad_input_is_told_without_its_type(tmp_path):
    assert "error in benzene: rdf.csv: no" in run(tmp_path / "job.log", "InputError('rdf.csv: no')").stderr


def test_a_former_process_that_still_lives_does_not_write_into_the_new_log(tmp_path):
    path = tmp_path / "job.log"
    script = "import logging\nfrom mobcg.logs import start_log\nstart_log({!r}, 'job')\nprint(flush=True)\ninput()\nlogging.warning('late')"
    with subprocess.Popen(
        [sys.executable, "-c", script.format(str(path))], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as former:
        former.stdout.readline()
        run(path, "InputError('done')")
        assert "late" in former.communicate("\n", timeout=60)[1]
    assert "late" not in path.read_text()
