# SPDX-License-Identifier: GPL-2.0-or-later
"""A timeline of operations: Chrome's trace format, for chrome://tracing and Perfetto. One file per rank.

The file is complete JSON whenever it is looked at, also when the process was killed: what closes it is written together
with the events before it, over the old end. It grows to a number of events and then counts what it leaves out.
"""

import json
import os
import threading
import time
import warnings

MAX_EVENTS = 100000
_BATCH = 64  # events between two writes, unless
_BATCH_SECONDS = 1.0  # so much time has passed

_lock = threading.Lock()
_running = None
_wanted = None  # (path, max_events): to be started when the rank is known


def _refuse(path, problem, instead):
    return ValueError(f"flightbase: timeline '{path}': {problem}; {instead}")


def file_of(path, rank, size):
    """%r stands for the rank and %% for %; a path without %r gets the rank as its ending, where there are several."""
    text, named, i = "", False, 0
    while i < len(path):
        pair = path[i : i + 2]
        if pair == "%r":
            text, named = text + str(rank), True
        elif pair == "%%":
            text += "%"
        elif path[i] == "%":
            raise _refuse(path, f"'{pair}' is unknown", "%r is the rank, %% a percent sign")
        else:
            text += path[i]
            i -= 1
        i += 2
    return text if named or size == 1 else f"{text}.{rank}"


class Timeline:
    """An open file. One thread at a time."""

    def __init__(self, path, max_events, rank, size):
        self.path = file_of(path, rank, size)
        self.rank = rank
        self.left = max_events
        self.dropped = 0
        self.events = []
        self.written_at = time.monotonic()
        # Ranks of several nodes are compared: by the time of day, which goes on with the steady clock.
        self.offset_ns = time.time_ns() - time.monotonic_ns()
        try:
            self.file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
        except OSError as error:
            raise _refuse(path, f"'{self.path}': {error.strerror}", "name a file that can be written") from None
        head = '{"traceEvents":[\n' + self._event("M", "process_name", args={"name": f"rank {rank}"})
        self.end = os.pwrite(self.file, head.encode(), 0)
        self._close_json("")

    def _event(self, phase, name, **more):
        return json.dumps({"ph": phase, "name": name, "pid": self.rank, **more}, separators=(",", ":"))

    def _close_json(self, events):
        """One write, so that a process that is killed leaves the old end or the new one. The end never gets shorter."""
        tail = f'\n],"displayTimeUnit":"ms","otherData":{{"rank":{self.rank},"dropped":{self.dropped}}}}}\n'
        data = (events + tail).encode()
        written = 0
        while written < len(data):
            written += os.pwrite(self.file, data[written:], self.end + written)
        self.end += len(events.encode())

    def add(self, name, group, begin_ns, end_ns, queued_ns, count, size):
        """Times of time.monotonic_ns(): begun, ended, asked for."""
        if not self.left:
            self.dropped += 1
            return
        self.left -= 1
        args = {"elements": count, "bytes": size, "queued_us": (begin_ns - queued_ns) / 1000}
        times = {"ts": (begin_ns + self.offset_ns) / 1000, "dur": (end_ns - begin_ns) / 1000}
        self.events.append(self._event("X", name, tid=group, cat="collective", **times, args=args))
        if len(self.events) >= _BATCH or time.monotonic() - self.written_at > _BATCH_SECONDS:
            self.flush()

    def flush(self):
        self._close_json("".join(",\n" + event for event in self.events))
        self.events.clear()
        self.written_at = time.monotonic()

    def close(self):
        self.flush()
        os.close(self.file)


def start(path, max_events, rank, size):
    """rank is None where it is not known yet: then open() starts it."""
    global _running, _wanted
    path = os.fspath(path)
    if isinstance(max_events, bool) or not isinstance(max_events, int) or max_events < 1:
        raise _refuse(path, f"max_events is {max_events!r}", "give a number from 1 on")
    with _lock:
        if _running or _wanted:
            raise _refuse(path, f"'{_running.path if _running else _wanted[0]}' is being written", "call timeline_stop() first")
        if rank is None:
            file_of(path, 0, 1)
            _wanted = (path, max_events)
        else:
            _running = Timeline(path, max_events, rank, size)


def open_wanted(rank, size):
    """The rank is known."""
    global _running, _wanted
    path = os.environ.get("FLIGHTBASE_TIMELINE")
    with _lock:
        if not _running and (_wanted or path):
            _running = Timeline(*(_wanted or (path, MAX_EVENTS)), rank, size)
        _wanted = None


def stop():
    """The number of events that were left out; None where there was no timeline."""
    global _running, _wanted
    with _lock:
        timeline, _running, _wanted = _running, None, None
        if timeline:
            timeline.close()
        return timeline.dropped if timeline else None


def add(name, group, begin_ns, end_ns, queued_ns, count, size):
    global _running
    if not _running:
        return
    with _lock:
        if not _running:
            return
        try:
            _running.add(name, group, begin_ns, end_ns, queued_ns, count, size)
        except OSError as error:
            # A full disk is no reason to end the training.
            warnings.warn(f"flightbase: timeline '{_running.path}': {error.strerror}; it ends here", stacklevel=1)
            os.close(_running.file)
            _running = None
