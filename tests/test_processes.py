import subprocess
import sys
from dataclasses import replace

from mobcg.processes import Process, _start, processor_seconds


def test_the_process_that_asks_lives():
    assert Process.own().alive() is True
    assert str(Process.own().number) in str(Process.own())


def test_a_dead_process_is_dead_also_before_anybody_waited_for_it():
    own = Process.own()
    with subprocess.Popen([sys.executable, "-c", "print(open('/proc/self/stat').read())"], stdout=subprocess.PIPE, text=True) as other:
        start = other.communicate()[0].rpartition(")")[2].split()[19]
        assert replace(own, number=other.pid, start=start).alive() is False
    child = subprocess.Popen(["sleep", "60"])
    living = replace(own, number=child.pid, start=_start(child.pid))
    assert living.alive() is True
    child.kill()
    while _start(child.pid) not in ("zombie", ""):
        pass
    assert living.alive() is False
    child.wait()
    assert living.alive() is False


def test_a_number_given_again_is_another_process():
    assert replace(Process.own(), start="1").alive() is False


def test_of_other_hosts_and_containers_nothing_is_known():
    assert replace(Process.own(), host="elsewhere").alive() is None
    assert replace(Process.own(), space="pid:[1]").alive() is None


def test_processor_time_is_that_of_work_and_not_of_waiting():
    with subprocess.Popen(["sleep", "60"]) as idle, subprocess.Popen([sys.executable, "-c", "while True: pass"]) as busy:
        while processor_seconds(busy.pid) < 0.3:
            pass
        assert processor_seconds(idle.pid) < 0.1
        idle.kill()
        busy.kill()
    assert processor_seconds(busy.pid) is None
