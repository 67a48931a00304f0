# SPDX-License-Identifier: GPL-2.0-or-later
"""The communication hook of DistributedDataParallel."""

import torch.distributed as dist

from .group import Group, wire_of
from .kinds import FLOAT32, refuse
from .stage import of_bucket


class HookState:
    """process_group: whose gradients are averaged, by default all ranks'. wire: torch.bfloat16 or torch.float16, what float32
    gradients travel as; None: as they are. stage: where all ranks are in one node, reduce in memory that they share, as much
    again as the gradients have."""

    def __init__(self, process_group=None, wire=None, stage=True):
        self.process_group = process_group
        self.wire = wire_of(wire)
        self.stage = stage


def _group_of(group):
    group = group if group is not None else dist.group.WORLD
    if not isinstance(group, Group):
        raise refuse(
            "allreduce_hook",
            "the process group is of another backend",
            "use init_process_group('flightbase') or new_group(backend='flightbase')",
        )
    return group


def allreduce_hook(state, bucket):
    """ddp.register_comm_hook(state, allreduce_hook): gradients are summed and divided in one call of the library.

    state: None, a process group, or a HookState.
    """
    if not isinstance(state, HookState):
        state = HookState(state)
    group, wire = _group_of(state.process_group), state.wire
    gradients = bucket.buffer()
    if state.stage and wire == FLOAT32 and group.shares_memory and gradients.numel():
        return group.average_in(of_bucket(bucket), gradients, "gradients").get_future()
    return group.reduce_all(gradients, dist.ReduceOp.AVG, wire, result=gradients, name="gradients").get_future()
