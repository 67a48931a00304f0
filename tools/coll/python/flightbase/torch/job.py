# SPDX-License-Identifier: GPL-2.0-or-later
"""The job of this process: the library's handle, from the first init_process_group until the process ends.

PyTorch does not tell a backend that its groups are destroyed, and the library can meet once per process: a job that was
begun serves all later default groups, and ends when the interpreter does.
"""

import atexit
import ctypes
import os
import sys

from torch.distributed.constants import default_pg_timeout

from . import timeline
from .library import CollectiveError, Library
from .worker import Worker

job = None


class Job:
    def __init__(self):
        self.library = Library()
        self.worker = Worker(self.library)
        self.process = os.getpid()
        self.handle = ctypes.c_void_p()
        self.wires = {}  # handle: what float32 travels as
        self.worker.do("init", self._init)
        self.rank, self.size = self.library.rank(self.handle), self.library.size(self.handle)
        # The same on all ranks: the library's ranks agree upon it.
        self.shares_memory = self.worker.do("transports", lambda: self.library.transports(self.handle)) == "mapped/memory"

    def _init(self):
        self.library.check(self.library.init(ctypes.byref(self.handle)))

    def end(self):
        """Waits for all ranks, unless a call has failed."""
        timeline.stop()
        self.worker.do("finalize", lambda: self.library.check(self.library.finalize(self.handle)))
        self.worker.end()


def begin(timeout=None):
    """The job, begun if it was not. A timeout that is not PyTorch's own is how long calls wait for a rank that is late."""
    global job
    if job and job.process != os.getpid():
        raise CollectiveError("flightbase: init: this process was forked from a rank, and is none; start it as a task of its own")
    if not job:
        if timeout is not None and timeout != default_pg_timeout:
            os.environ.setdefault("FLIGHTBASE_LATE_TIMEOUT", str(max(1, round(timeout.total_seconds()))))
        begun = Job()
        try:
            timeline.open_wanted(begun.rank, begun.size)
        except ValueError:
            begun.end()
            raise
        job = begun
        atexit.register(_at_exit)
    return job


def finalize():
    """End the job. All ranks call it; without it, it happens when the interpreter ends."""
    global job
    ending, job = job, None
    if ending and ending.process == os.getpid():
        ending.end()


def _at_exit():
    # After an exception nobody was there to catch, the others must not wait for calls of this rank: its death tells them.
    if hasattr(sys, "last_value"):
        timeline.stop()
        return
    try:
        finalize()
    except CollectiveError as error:
        print(error, file=sys.stderr)
