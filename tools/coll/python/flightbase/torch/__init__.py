# SPDX-License-Identifier: GPL-2.0-or-later
"""PyTorch on libflightbase-coll, for the tasks of a Slurm step.

    import flightbase.torch
    torch.distributed.init_process_group("flightbase")
    model = torch.nn.parallel.DistributedDataParallel(model)
    model.register_comm_hook(None, flightbase.torch.allreduce_hook)

See flightbase-torch(7).
"""

from torch import distributed as _distributed

if not _distributed.is_available():
    raise ImportError("flightbase: this PyTorch was built without torch.distributed; install one with it")

from . import job as _job
from . import meeting as _meeting
from . import timeline as _timeline
from .hook import HookState, allreduce_hook
from .job import finalize
from .library import CollectiveError
from .parameters import broadcast_parameters

__all__ = [
    "CollectiveError",
    "HookState",
    "allreduce_hook",
    "broadcast_parameters",
    "finalize",
    "timeline_start",
    "timeline_stop",
]


def timeline_start(path, max_events=_timeline.MAX_EVENTS):
    """Write each operation of this rank to a file: `path` with %r for the rank. Before init_process_group it begins there."""
    job = _job.job
    _timeline.start(path, max_events, job.rank if job else None, job.size if job else 0)


def timeline_stop():
    """End the file. The number of operations that were left out as there were more than max_events; None without a timeline."""
    return _timeline.stop()


_meeting.register()
