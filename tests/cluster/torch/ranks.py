# SPDX-License-Identifier: GPL-2.0-or-later
"""What the test programs of flightbase.torch share: counting what was right, and refusals."""

import sys

import torch.distributed as dist

import flightbase.torch  # registers the backend

right = 0
wrong = 0


def check(holds, what):
    global right, wrong
    if holds:
        right += 1
    else:
        wrong += 1
        print(f"rank {dist.get_rank() if dist.is_initialized() else '?'}: wrong: {what}", flush=True)


def refused(text, call, *arguments, **more):
    """call raises an error whose text has `text`."""
    try:
        call(*arguments, **more)
    except (RuntimeError, ValueError) as error:
        check(text in str(error), f"'{text}' is not in '{error}'")
    else:
        check(False, f"'{text}' was expected, nothing was raised")


def end():
    """Rank 0 says how many checks held on all ranks; the exit status is 0 where all did."""
    counts = [None] * dist.get_world_size()
    dist.all_gather_object(counts, (right, wrong))
    if dist.get_rank() == 0:
        print(f"{sum(r for r, _ in counts)} right, {sum(w for _, w in counts)} wrong on {len(counts)} ranks")
    dist.destroy_process_group()
    sys.exit(1 if any(w for _, w in counts) else 0)
