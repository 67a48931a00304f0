# SPDX-License-Identifier: GPL-2.0-or-later
"""torch.distributed's all_reduce over Gloo, measured as flightbase-allreduce does: float sums, inputs rewritten, in place.

Arguments are first and last size in bytes, the factor between them and the iterations. Rank 0 prints a line
"SIZE MICROSECONDS WRONG" for each: the mean of the slowest rank, and the elements that were not the sum.
"""
import os
import sys
import time

import torch
import torch.distributed as dist

WARMUP = 5


def measure(size, iterations, rank, ranks):
    vector = torch.empty(size // 4)
    total = 0.0
    for i in range(WARMUP + iterations):
        vector.fill_(rank + 1 + i % 3)
        dist.barrier()
        begin = time.perf_counter()
        dist.all_reduce(vector)
        if i >= WARMUP:
            total += time.perf_counter() - begin
    expected = ranks * (ranks + 1) / 2 + ranks * ((WARMUP + iterations - 1) % 3)
    result = torch.tensor([total / iterations, float((vector != expected).sum())], dtype=torch.float64)
    dist.all_reduce(result, op=dist.ReduceOp.MAX)
    return result.tolist()


def main():
    first, last, factor, iterations = (int(argument) for argument in sys.argv[1:5])
    rank, ranks = int(os.environ["SLURM_PROCID"]), int(os.environ["SLURM_NTASKS"])
    store = f"file://{os.getcwd()}/gloo.{os.environ['SLURM_JOB_ID']}.{os.environ['SLURM_STEP_ID']}"
    torch.set_num_threads(1)
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "eth0")
    dist.init_process_group("gloo", init_method=store, rank=rank, world_size=ranks)
    size = first
    while size <= last:
        seconds, wrong = measure(size, iterations, rank, ranks)
        if rank == 0:
            print(size, f"{seconds * 1e6:.3f}", int(wrong), flush=True)
        size *= factor
    dist.destroy_process_group()


main()
