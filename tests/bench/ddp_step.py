# SPDX-License-Identifier: GPL-2.0-or-later
"""For tests/bench/ddp, in each task of a step: training steps of DistributedDataParallel over Gloo and over flightbase, in turns.

ddp_step.py MODEL ROUNDS STEPS. Rank 0 prints a line "WAY ROUND MILLISECONDS" for each round of each way: the median
step of the rank that took longest; "alone" is the same step, buckets and all, without communication. At the end "wrong N": parameters that differ
between the ways by more than rounding, or between ranks by anything.
"""

import statistics
import sys
import time

import torch
import torch.distributed as dist
from torch.distributed.algorithms.ddp_comm_hooks.debugging_hooks import noop_hook
from torch.nn.parallel import DistributedDataParallel

import flightbase.torch

MODELS = {  # width, layers: 4.2 and 100 MB of gradients
    "small": (512, 4),
    "large": (2500, 4),
}
BATCH = 4


def make(model, group):
    width, layers = MODELS[model]
    torch.manual_seed(1)
    parts = []
    for _ in range(layers):
        parts += [torch.nn.Linear(width, width), torch.nn.ReLU()]
    ddp = DistributedDataParallel(torch.nn.Sequential(*parts), process_group=group)
    return ddp, torch.optim.SGD(ddp.parameters(), lr=0.01)


def step(ddp, optimizer, inputs):
    optimizer.zero_grad()
    ddp(inputs).square().mean().backward()
    optimizer.step()


def measure(ddp, optimizer, inputs, steps):
    times = []
    for _ in range(steps):
        dist.barrier()
        begun = time.perf_counter()
        step(ddp, optimizer, inputs)
        times.append(time.perf_counter() - begun)
    slowest = torch.tensor(statistics.median(times), dtype=torch.float64)
    dist.all_reduce(slowest, op=dist.ReduceOp.MAX)
    return 1000 * slowest.item()


def count_wrong(one, other):
    wrong = 0
    for a, b in zip(one.parameters(), other.parameters()):
        mine = a.detach().clone()
        dist.broadcast(mine, 0)
        differ = torch.tensor(int((mine != a).sum()) + int((~torch.isclose(a, b, rtol=1e-3, atol=1e-5)).sum()))
        dist.all_reduce(differ)
        wrong += differ.item()
    return wrong


def main():
    model, rounds, steps = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    torch.set_num_threads(1)
    dist.init_process_group("flightbase")
    rank = dist.get_rank()
    ways = {
        "gloo": make(model, dist.new_group(backend="gloo")),
        "flightbase": make(model, None),
        "alone": make(model, None),
    }
    ways["flightbase"][0].register_comm_hook(None, flightbase.torch.allreduce_hook)
    ways["alone"][0].register_comm_hook(None, noop_hook)
    inputs = torch.randn(BATCH, MODELS[model][0], generator=torch.Generator().manual_seed(rank))
    for ddp, optimizer in ways.values():
        measure(ddp, optimizer, inputs, 3)  # buckets are made anew after the first
    for turn in range(rounds):
        for way in list(ways) if turn % 2 else reversed(ways):
            took = measure(*ways[way], inputs, steps)
            if rank == 0:
                print(way, turn, f"{took:.3f}", flush=True)
    wrong = count_wrong(ways["flightbase"][0], ways["gloo"][0])
    if rank == 0:
        print("wrong", wrong)
    dist.destroy_process_group()


main()
