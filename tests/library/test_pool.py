import re

from mobcg.config import PoolOptions
from mobcg.library.pool import open_pool, slurm_cluster


def test_local_pool_has_its_workers_on_loopback():
    with open_pool(PoolOptions(workers=1)) as client:
        assert client.submit(sum, [1, 2]).result(timeout=60) == 3
        workers = client.scheduler_info()["workers"]
        assert len(workers) == 1
        assert all("127.0.0.1" in address for address in workers)


def test_slurm_workers_ask_for_what_the_config_says(tmp_path):
    options = PoolOptions(
        kind="slurm",
        workers=4,
        threads_per_worker=2,
        memory_mb=3000,
        walltime_minutes=150,
        partition="compute",
        account="chem",
        directives=("--gpus=1",),
    )
    with slurm_cluster(options, "mobcg-pool-of-a-campaign", tmp_path / "logs", host="127.0.0.1") as cluster:
        script = cluster.job_script()
    for line in (
        "-J mobcg-pool-of-a-campaign",
        "-p compute",
        "-A chem",
        "--cpus-per-task=2",
        "#SBATCH --gpus=1",
        "-t 02:30:00",
        f"-o {tmp_path}/logs/",
        "--lifetime 135m",
        "--lifetime-stagger 120s",
    ):
        assert line in script


def test_the_last_worker_ends_before_its_walltime():
    with slurm_cluster(PoolOptions(kind="slurm", walltime_minutes=10), host="127.0.0.1") as cluster:
        lifetime, stagger = re.search(r"--lifetime (\d+)m --lifetime-stagger (\d+)s", cluster.job_script()).groups()
    assert 60 * int(lifetime) + int(stagger) < 600


def test_local_workers_fit_into_the_threads_of_their_job():
    pool = PoolOptions(workers=4, threads_per_worker=2)
    assert [pool.within(threads).workers for threads in (1, 2, 5, 8, 64)] == [1, 1, 2, 4, 4]
    assert PoolOptions(kind="slurm", workers=50).within(1).workers == 50
