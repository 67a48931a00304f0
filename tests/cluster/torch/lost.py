# SPDX-License-Identifier: GPL-2.0-or-later
"""A rank that is killed in the middle of a training, or asks for something else: the others' exceptions, in their words."""

import os
import signal
import sys

import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

import flightbase.torch


def told(call):
    try:
        call()
    except RuntimeError as error:
        print(f"rank {dist.get_rank()}: {type(error).__name__}: {str(error).splitlines()[0]}", flush=True)
    else:
        print(f"rank {dist.get_rank()}: no error", flush=True)


def train():
    ddp = DistributedDataParallel(torch.nn.Linear(300, 300))
    ddp.register_comm_hook(None, flightbase.torch.allreduce_hook)
    for step in range(100):
        if step == 3 and dist.get_rank() == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        ddp(torch.ones(2, 300)).sum().backward()


dist.init_process_group("flightbase")
if sys.argv[1] == "killed":
    told(train)
    told(dist.barrier)
else:
    told(lambda: dist.all_reduce(torch.ones(1000 + dist.get_rank())))
    work = dist.all_reduce(torch.ones(3), async_op=True)
    told(work.get_future().wait)
dist.destroy_process_group()
