# SPDX-License-Identifier: GPL-2.0-or-later
"""A job of one rank: what needs no other. FLIGHTBASE_TIMELINE is alone.json."""

import datetime
import json
import os
import sys

import torch
import torch.distributed as dist

import flightbase.torch
from flightbase.torch import timeline
from flightbase.torch.library import Library
from ranks import check, end, refused

refused("'%q' is unknown; %r is the rank, %% a percent sign", timeline.file_of, "a%q", 0, 2)
refused("'%' is unknown", timeline.file_of, "a%", 0, 2)
check(timeline.file_of("a%r", 3, 9) == "a3" and timeline.file_of("a%%r", 3, 9) == "a%r.3", "names of timelines")
check(timeline.file_of("a", 0, 1) == "a" and timeline.file_of("a", 1, 2) == "a.1", "names of timelines without %r")
refused("max_events is True", flightbase.torch.timeline_start, "a", True)
os.environ["FLIGHTBASE_COLL_LIBRARY"] = "/nowhere/lib.so"
refused("library '/nowhere/lib.so': it cannot be loaded", Library)
del os.environ["FLIGHTBASE_COLL_LIBRARY"]

dist.init_process_group("flightbase", timeout=datetime.timedelta(seconds=77))
check(os.environ["FLIGHTBASE_LATE_TIMEOUT"] == "77", "the group's timeout is the library's")
refused("is being written; call timeline_stop() first", flightbase.torch.timeline_start, "other.json")
tensor = torch.arange(5.0)
work = dist.all_reduce(tensor, op=dist.ReduceOp.AVG, async_op=True)
check(work.wait(datetime.timedelta(seconds=60)) and work.is_completed() and work.exception() is None, "a work")
check(work.result()[0] is tensor and tensor.tolist() == [0, 1, 2, 3, 4], "its result")
child = os.fork()
if child == 0:
    refused("this process was forked from a rank, and is none", dist.barrier)
    os._exit(0 if sys.modules["ranks"].wrong == 0 else 1)
check(os.waitpid(child, 0)[1] == 0, "a forked process is no rank")
# PyTorch's groups come and go, the job stays.
dist.destroy_process_group()
dist.init_process_group("flightbase", init_method="flightbase://")
dist.barrier()
check(flightbase.torch.timeline_stop() == 0, "no event was left out")
with open("alone.json") as file:
    names = [event["name"] for event in json.load(file)["traceEvents"]]
check(names == ["process_name", "allreduce", "barrier"], "the timeline of the environment")
end()
