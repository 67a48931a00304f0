# SPDX-License-Identifier: GPL-2.0-or-later
"""The thread that makes all calls of the library, in the order in which they were asked for.

The library wants one thread at a time for a job and all its groups, and data moves only while that thread is in it. So
there is one thread per process. It sleeps while there is nothing to do; while it is in the library, Python's lock is free.

Calls come in two kinds, the same one on all ranks, as they do not match otherwise:
  those that block: where all ranks share memory (one node), the job's allreduces and barriers, the library's fastest way;
  those that are begun and then waited for: all others. While there are groups, none of them waits for another's end.
"""

import collections
import concurrent.futures
import ctypes
import os
import queue
import threading
import time

import torch

from .library import CollectiveError

# Looks at calls under way before the core is given up for longer; only where there are groups.
_LOOKS = 20
_PAUSE = 20e-6

_PR_SET_TIMERSLACK = 29  # ns, of the calling thread

# Buffers of calls that failed: another rank, or a network adapter, may still write to them.
_abandoned = []


class Task:
    """What else the worker does in its turn."""

    def __init__(self, name, run):
        self.name, self._run = name, run
        self.future = concurrent.futures.Future()

    def begin(self, worker):
        try:
            self.future.set_result(self._run())
        except Exception as error:
            self.future.set_exception(error)


class Worker:
    def __init__(self, library):
        self.library = library
        self.groups = 0  # handles beside the job's
        self._process = os.getpid()
        self._asked = queue.SimpleQueue()
        self._under_way = collections.deque()
        self._thread = threading.Thread(target=self._main, name="flightbase", daemon=True)
        self._thread.start()

    def ask(self, work):
        """The work, which will be done."""
        self._put(work)
        return work

    def do(self, name, run):
        """Have the worker call run(), and wait for what it returns or raises."""
        task = Task(name, run)
        self._put(task)
        return task.future.result()

    def _put(self, call):
        if os.getpid() != self._process:
            raise CollectiveError(f"flightbase: {call.name}: this process was forked from a rank, and is none; call it there")
        if not self._thread.is_alive():
            raise CollectiveError(f"flightbase: {call.name}: the job was ended; call it before flightbase.torch.finalize()")
        self._asked.put(call)

    def end(self):
        self._asked.put(None)
        self._thread.join()

    def _main(self):
        torch.set_grad_enabled(False)  # of this thread: results are copied into parameters
        # Short sleeps, the library's too, are short: while gradients are computed on this core they get it back at once.
        ctypes.CDLL(None).prctl(_PR_SET_TIMERSLACK, ctypes.c_ulong(1000), 0, 0, 0)
        while True:
            call = self._next()
            if call is None:
                return
            call.begin(self)
            del call  # its tensors, while this thread sleeps

    def _next(self):
        """The next call that was asked for; those under way move on meanwhile."""
        looks = 0
        while self._under_way:
            try:
                return self._asked.get_nowait()
            except queue.Empty:
                pass
            if not self.groups:
                # What comes meanwhile is of the same handle, and waits its turn there too.
                self._wait(self._under_way.popleft())
            elif self._look():
                looks = 0
            else:
                looks += 1
                time.sleep(_PAUSE if looks > _LOOKS else 0)
        return self._asked.get()

    def take(self, call, status):
        """A call was begun, or made."""
        if status or call.blocking:
            self._end(call, status)
        else:
            self._under_way.append(call)

    def _wait(self, call):
        self._end(call, self.library.wait(ctypes.byref(call.request)))

    def _look(self):
        """Whether one of those under way came to its end."""
        done = ctypes.c_int()
        ended = False
        for call in list(self._under_way):
            status = self.library.test(ctypes.byref(call.request), ctypes.byref(done))
            if done.value:
                self._under_way.remove(call)
                self._end(call, status)
                ended = True
        return ended

    def _end(self, call, status):
        if not status:
            call.end()
            return
        _abandoned.append(call.keep)
        call.end(self.library.error(status))
