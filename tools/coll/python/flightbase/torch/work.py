# SPDX-License-Identifier: GPL-2.0-or-later
"""One call that was asked for: what the worker runs, and the Work that PyTorch's callers wait for."""

import collections
import ctypes
import datetime
import threading
import time
import weakref

import torch
import torch.distributed as dist

from . import timeline
from .library import CollectiveError

_NO_LIMIT = datetime.timedelta(0)

# C++ that holds a Work does not keep its Python half alive (PyTorch 2.6), without which wait() would never return. So works
# stay here from their end until they are waited for, or so many others have ended; those longest here without their tensors.
_kept = collections.OrderedDict()
_KEPT = 16
_kept_loosely = collections.OrderedDict()
_KEPT_LOOSELY = 4096


def _keep(work):
    _kept[id(work)] = work
    while len(_kept) > _KEPT:
        number, older = _kept.popitem(last=False)
        older.loosen()
        _kept_loosely[number] = older
    while len(_kept_loosely) > _KEPT_LOOSELY:
        _kept_loosely.popitem(last=False)


def _settle(future):
    """An exception as a future's value is none for C++: raised here it is one for both."""
    result = future.value()
    if isinstance(result, Exception):
        raise result
    return result


class Work(dist.Work):
    """run(request) begins the call or, where request is None, makes it; it returns the library's status.
    `result` may be a function that gives it at the end. Thread-safe."""

    def __init__(self, name, group, run, result, keep=(), blocking=False, after=None, count=0, size=0, parent=None):
        super().__init__()
        self.name, self.group, self.run, self.blocking = name, group, run, blocking
        self.after = after  # on the worker, once the data is there
        self.keep = keep  # the call's buffers
        self.count, self.size = count, size
        self.request = ctypes.c_void_p()
        self.queued = time.monotonic_ns()
        self.begun = 0
        self._result = result
        self._error = None
        self._ended = False
        self._parent = parent
        self._used = parent is not None  # somebody waited for it or has its future
        self._told = None  # the future
        self._lock = threading.Lock()
        self._running = threading.Lock()  # held until the end
        self._running.acquire()

    # The worker's side

    def begin(self, worker):
        self.begun = time.monotonic_ns()
        try:
            status = self.run(None if self.blocking else ctypes.byref(self.request))
        except Exception as error:
            self.end(error)
            return
        worker.take(self, status)

    def end(self, error=None):
        timeline.add(self.name, self.group, self.begun, time.monotonic_ns(), self.queued, self.count, self.size)
        self._end(error)

    def _end(self, error):
        if error is None and self.after:
            try:
                self.after()
            except Exception as raised:  # a tensor that cannot be written to, say
                error = raised
        if error is None and callable(self._result):
            self._result = self._result()
        self._error = error
        self.run = self.after = None
        if error is None:
            self.keep = ()
        with self._lock:
            self._ended = True
            told = self._told
            if not self._used:
                _keep(self)
        self._running.release()
        if told:
            told.set_result(error if error is not None else self._result)
        if self._parent:
            self._parent.part_ended(error)

    def loosen(self):
        """The result is the caller's tensors: who still wants them has them."""
        if isinstance(self._result, list):
            self._result = [weakref.ref(tensor) for tensor in self._result if isinstance(tensor, torch.Tensor)]

    # The callers' side

    def _use(self):
        with self._lock:
            self._used = True
            _kept.pop(id(self), None)
            _kept_loosely.pop(id(self), None)

    def wait(self, timeout=_NO_LIMIT):
        self._use()
        limit = timeout.total_seconds() if timeout > _NO_LIMIT else -1
        if not self._running.acquire(timeout=limit):
            raise CollectiveError(f"flightbase: {self.name}: not done after {limit:g} s; wait again, or longer", "TIMEOUT")
        self._running.release()
        if self._error is not None:
            raise self._error
        return True

    def synchronize(self):
        self.wait()

    def is_completed(self):
        return self._ended

    def is_success(self):
        return self._ended and self._error is None

    def exception(self):
        return self._error

    def result(self):
        result = self._result
        if isinstance(result, list):
            return [part() if isinstance(part, weakref.ref) else part for part in result]
        return result

    def get_future(self):
        """A torch.futures.Future of the result. Its callbacks run on the worker's thread: they must not wait for other calls."""
        self._use()
        with self._lock:
            if self._told is None:
                self._told = torch.futures.Future()
                self._future = self._told.then(_settle)
                if self._ended:
                    self._told.set_result(self._error if self._error is not None else self.result())
            return self._future


class Together(Work):
    """Several works as one, done when all are; they have it as their parent."""

    def __init__(self, name, group, parts, result):
        super().__init__(name, group, None, result)
        self._left = parts
        self._failed = None
        if not parts:
            self._end(None)

    def part_ended(self, error):
        self._failed = self._failed or error
        self._left -= 1
        if not self._left:
            self._end(self._failed)
