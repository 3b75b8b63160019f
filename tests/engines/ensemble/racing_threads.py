"""A device of several threads that watches them: stands in for `gpu.device` and finds races and barriers that not all threads reach alike.

Between two barriers no thread may touch a number that another writes. Every access to the arena, to sums and to the tables of state and
measurements is recorded with its thread; threads wait for each other at barriers, and must have come to them by the same calls.
"""

import threading
import traceback

import numpy as np

from mobcg.engines.ensemble.gpu import device

FOUND: list[str] = []
"""What went wrong, as sentences."""

_local = threading.local()


class Block:
    """The threads of one block: where they are and what they have touched since the last barrier."""

    def __init__(self, threads):
        self.gate = threading.Barrier(threads, action=self.passed)
        self.lock = threading.Lock()
        self.flags = [0] * threads
        self.places: dict[int, str] = {}
        self.touched: dict[int, tuple[set, set]] = {}

    def passed(self):
        if len(set(self.places.values())) > 1:
            FOUND.append(f"threads wait at different barriers: {set(self.places.values())}")
        self.places.clear()
        self.touched.clear()

    def wait(self):
        calls = [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in traceback.extract_stack() if "/gpu/" in frame.filename]
        self.places[_local.thread] = " ".join(calls)
        self.gate.wait(60)

    def note(self, address, writes):
        thread = _local.thread
        with self.lock:
            writers, readers = self.touched.setdefault(address, (set(), set()))
            (writers if writes else readers).add(thread)
            if len(writers | readers) > 1 and writers:
                place = next(frame for frame in reversed(traceback.extract_stack()) if "/gpu/" in frame.filename)
                FOUND.append(f"race at {place.filename.rsplit('/', 1)[-1]}:{place.lineno}: writers {writers}, readers {readers}")


class Watched:
    """An array whose single numbers are read and written under watch."""

    def __init__(self, array):
        self.array, self.shape = array, array.shape
        self.begin = array.__array_interface__["data"][0]

    def address(self, index):
        return self.begin + sum(int(i) * stride for i, stride in zip(index, self.array.strides, strict=True))

    def __getitem__(self, index):
        index = index if isinstance(index, tuple) else (index,)
        if len(index) < self.array.ndim:
            return Watched(self.array[index])
        _local.block.note(self.address(index), False)
        return self.array[index]

    def __setitem__(self, index, value):
        index = index if isinstance(index, tuple) else (index,)
        _local.block.note(self.address(index), True)
        self.array[index] = value


def barrier():
    _local.block.wait()


def anyone(flag):
    block = _local.block
    block.flags[_local.thread] = int(flag)
    block.wait()
    result = any(block.flags)
    block.wait()
    return result


def count(counts, index):
    with _local.block.lock:
        counts.array[index] += 1


def kernel_of(course, shared):
    class Kernel:
        def __getitem__(self, configuration):
            self.blocks, self.threads, _, self.size = configuration
            return self.launch

        def launch(self, plans, state, measured, steps):
            plans = plans.view(np.recarray)
            state, measured = (type(tables)(*map(Watched, tables)) for tables in (state, measured))
            for replica in range(self.blocks):
                block, partial = Block(self.threads), Watched(np.full(device.PARTIALS, np.nan))
                arena = Watched(np.full(self.size // 4, np.nan, dtype=np.float32)) if shared else state.arena[replica]

                def one(thread, block=block, arena=arena, partial=partial, replica=replica):
                    _local.thread, _local.block = thread, block
                    try:
                        course(plans, state, measured, steps, replica, thread, self.threads, arena, partial)
                    except Exception as error:
                        FOUND.append(f"thread {thread}: {error!r}")
                        block.gate.abort()

                crew = [threading.Thread(target=one, args=(thread,)) for thread in range(self.threads)]
                for thread in crew:
                    thread.start()
                for thread in crew:
                    thread.join()

    return Kernel()


def install():
    """Take the place of the device's own functions, before anything of `gpu` that uses them is imported; needs the simulator chosen."""
    assert device.SIMULATED
    device.barrier, device.anyone, device.count, device.kernel_of = barrier, anyone, count, kernel_of
    device.to_device = device.to_host = lambda array: array
    device.wait = lambda: None
