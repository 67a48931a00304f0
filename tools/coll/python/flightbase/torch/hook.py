# SPDX-License-Identifier: GPL-2.0-or-later
"""The communication hook of DistributedDataParallel."""

import torch.distributed as dist

from .group import Group, wire_of
from .kinds import FLOAT32, refuse


class HookState:
    """process_group: whose gradients are averaged, by default all ranks'. wire: torch.bfloat16 or torch.float16, what float32
    gradients travel as; None: as they are."""

    def __init__(self, process_group=None, wire=None):
        self.process_group = process_group
        self.wire = wire_of(wire)


def _group_of(group):
    group = group if group is not None else dist.group.WORLD
    if not isinstance(group, Group):
        raise refuse(
            "allreduce_hook", "the process group is of another backend", "use init_process_group('flightbase') or new_group(backend='flightbase')"
        )
    return group


def allreduce_hook(state, bucket):
    """ddp.register_comm_hook(state, allreduce_hook): gradients are summed and divided in one call of the library.

    state: None, a process group, or a HookState.
    """
    if isinstance(state, HookState):
        group, wire = _group_of(state.process_group), state.wire
    else:
        group, wire = _group_of(state), FLOAT32
    gradients = bucket.buffer()
    return group.reduce_all(gradients, dist.ReduceOp.AVG, wire, result=gradients, name="gradients").get_future()
