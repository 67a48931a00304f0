# SPDX-License-Identifier: GPL-2.0-or-later
"""Two ranks that srun has not started, whose default group is Gloo's."""

import torch
import torch.distributed as dist

import flightbase.torch  # registers the backend
import ranks
from ranks import check, refused

dist.init_process_group("gloo")
if dist.get_rank() == 0:
    one = {"ranks": [0], "backend": "flightbase", "use_local_synchronization": True}
    refused("the first one of this backend has 1 of 2 ranks; make one of all ranks first", dist.new_group, **one)
group = dist.new_group(backend="flightbase")
tensor = torch.full((5,), dist.get_rank() + 1.0)
dist.all_reduce(tensor, group=group)
check(tensor.eq(3).all(), "a sum")
check(group.shares_memory, "ranks of one node share memory")
pair = dist.new_group([1, 0], backend="flightbase")
dist.broadcast(tensor, 1, group=pair)
check(dist.get_rank(pair) == dist.get_group_rank(pair, dist.get_rank()), "ranks of a group")
# Nothing is asked of Gloo, which can hang with PyTorch's lock when its group is destroyed after a call.
print(f"{ranks.right} right, {ranks.wrong} wrong")
