import pytest

from mobcg.scratch import scratch_folder


@pytest.fixture(autouse=True)
def outside_of_slurm(monkeypatch):
    for name in ("MOBCG_SCRATCH", "SLURM_JOB_ID", "SLURM_TMPDIR", "TMPDIR"):
        monkeypatch.delenv(name, raising=False)


def test_without_a_word_files_stay_with_the_run(tmp_path, monkeypatch):
    assert scratch_folder(tmp_path) == tmp_path
    monkeypatch.setenv("TMPDIR", str(tmp_path / "of-a-login-shell"))
    (tmp_path / "of-a-login-shell").mkdir()
    assert scratch_folder(tmp_path) == tmp_path


def test_a_job_s_own_folder_is_used_and_the_one_named_before_it(tmp_path, monkeypatch):
    for name in ("job", "named"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    monkeypatch.setenv("TMPDIR", str(tmp_path / "job"))
    assert scratch_folder(tmp_path) == tmp_path / "job"
    monkeypatch.setenv("MOBCG_SCRATCH", str(tmp_path / "named"))
    assert scratch_folder(tmp_path) == tmp_path / "named"


def test_a_folder_that_this_node_lacks_is_told_and_not_used(tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("MOBCG_SCRATCH", str(tmp_path / "nowhere"))
    assert scratch_folder(tmp_path) == tmp_path
    assert "no folder" in caplog.text
