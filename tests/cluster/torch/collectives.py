# SPDX-License-Identifier: GPL-2.0-or-later
"""Every collective of the backend, on all ranks and in groups: types, operations, layouts, lengths, asynchronous calls."""

import torch
import torch.distributed as dist

import flightbase.torch
from ranks import check, end, refused

Op = dist.ReduceOp
REDUCED = [
    torch.float16,
    torch.bfloat16,
    torch.float32,
    torch.float64,
    torch.int8,
    torch.int16,
    torch.int32,
    torch.int64,
    torch.uint8,
]
MOVED = [*REDUCED, torch.bool, torch.complex64, torch.uint16]


def values(rank, shape, dtype):
    """Small whole numbers: their sums and products over four ranks are exact in every type."""
    numbers = torch.arange(torch.Size(shape).numel()).reshape(shape) % 3 + rank % 2 + 1
    return numbers.to(dtype)


def expected(operation, shape, dtype, size):
    stack = torch.stack([values(rank, shape, torch.float64) for rank in range(size)])
    result = {
        Op.SUM: stack.sum(0),
        Op.AVG: stack.sum(0) / size,
        Op.PRODUCT: stack.prod(0),
        Op.MIN: stack.min(0).values,
        Op.MAX: stack.max(0).values,
    }[operation]
    return result.trunc().to(dtype) if not dtype.is_floating_point else result.to(dtype)


def try_allreduce(group, rank, size, types):
    for dtype in types:
        for operation in (Op.SUM, Op.AVG, Op.PRODUCT, Op.MIN, Op.MAX):
            tensor = values(rank, (7,), dtype)
            dist.all_reduce(tensor, op=operation, group=group)
            check(torch.equal(tensor, expected(operation, (7,), dtype, size)), f"allreduce {dtype} {operation} {tensor}")
    for shape in ((), (0,), (3, 0), (1,), (5, 7), (100003,)):
        tensor = values(rank, shape, torch.float32)
        dist.all_reduce(tensor, group=group)
        check(torch.equal(tensor, expected(Op.SUM, shape, torch.float32, size)), f"allreduce of {shape}")
    truth = torch.tensor([True, rank == 0, False])
    dist.all_reduce(truth, op=Op.MAX, group=group)
    check(truth.tolist() == [True, True, False], "truth values, or")
    truth = torch.tensor([True, rank == 0, False])
    dist.all_reduce(truth, op=Op.MIN, group=group)
    check(truth.tolist() == [True, size == 1, False], "truth values, and")


def try_layouts(group, rank, size):
    whole = values(rank, (6, 8), torch.float32)
    want = expected(Op.SUM, (6, 8), torch.float32, size)
    for name, cut in (("transposed", lambda t: t.t()), ("every second", lambda t: t[:, ::2]), ("a column", lambda t: t[:, 3])):
        tensor = whole.clone()
        dist.all_reduce(cut(tensor), group=group)
        check(torch.equal(cut(tensor), cut(want)), f"{name}: the sum")
        if name == "a column":
            check(torch.equal(tensor[:, 2], whole[:, 2]), f"{name}: its neighbour")
    parameter = torch.nn.Parameter(values(rank, (4, 4), torch.float32))
    dist.all_reduce(parameter.t(), group=group)
    check(torch.equal(parameter.data, expected(Op.SUM, (4, 4), torch.float32, size)), "a parameter's other view")
    several = [values(rank, (n,), dtype) for n in (3, 0, 1000) for dtype in (torch.float32, torch.int64)]
    dist.all_reduce_coalesced([*several[:-1:2], whole.t()], group=group)
    check(torch.equal(several[4], expected(Op.SUM, (1000,), torch.float32, size)), "coalesced")
    check(torch.equal(whole, want), "coalesced, transposed")


def try_moves(group, rank, size, types):
    for dtype in types:
        for shape in ((2, 3), (), (0,)):
            mine = values(rank, shape, dtype)
            parts = [torch.zeros(shape, dtype=dtype) for _ in range(size)]
            dist.all_gather(parts, mine, group=group)
            check(all(torch.equal(p, values(r, shape, dtype)) for r, p in enumerate(parts)), f"allgather {dtype} {shape}")
        tensor = values(rank, (4, 3), dtype).t()
        dist.broadcast(tensor, dist.get_global_rank(group, size - 1), group=group)
        check(torch.equal(tensor, values(size - 1, (4, 3), dtype).t()), f"broadcast {dtype}")
    whole = torch.zeros(size * 6)
    dist.all_gather_into_tensor(whole, values(rank, (6,), torch.float32), group=group)
    check(torch.equal(whole, torch.cat([values(r, (6,), torch.float32) for r in range(size)])), "allgather into a tensor")
    part = torch.zeros(5)
    dist.reduce_scatter_tensor(part, values(rank, (5 * size,), torch.float32), group=group)
    sums = expected(Op.SUM, (5 * size,), torch.float32, size)
    check(torch.equal(part, sums[5 * rank : 5 * rank + 5]), "reduce_scatter of a tensor")
    part = torch.zeros(4, 2).t()
    dist.reduce_scatter(part, [values(rank + r, (2, 4), torch.float32) for r in range(size)], group=group)
    want = sum(values(s + rank, (2, 4), torch.float32) for s in range(size))
    check(torch.equal(part, want), "reduce_scatter of a list")


def try_built(group, rank, size):
    """What is put together from other calls."""
    root = size - 1
    of_job = dist.get_global_rank(group, root)
    tensor = values(rank, (9,), torch.float64)
    dist.reduce(tensor, of_job, group=group)
    check(torch.equal(tensor, expected(Op.SUM, (9,), torch.float64, size)) or rank != root, "reduce, at the root")
    check(torch.equal(tensor, values(rank, (9,), torch.float64)) or rank == root, "reduce, elsewhere")
    parts = [torch.zeros(2, 2) for _ in range(size)] if rank == root else None
    dist.gather(values(rank, (2, 2), torch.float32), parts, of_job, group=group)
    check(rank != root or all(torch.equal(p, values(r, (2, 2), torch.float32)) for r, p in enumerate(parts)), "gather")
    parts = [values(r, (3,), torch.int32) for r in range(size)] if rank == root else None
    tensor = torch.zeros(3, dtype=torch.int32)
    dist.scatter(tensor, parts, of_job, group=group)
    check(torch.equal(tensor, values(rank, (3,), torch.int32)), "scatter")
    dist.barrier(group=group)


def try_async(groups):
    """Begun in one order on some ranks, in the other elsewhere, and waited for in any: groups have no order between them."""
    tensors = [torch.ones(200000), torch.ones(3)]
    order = (0, 1) if dist.get_rank() % 2 else (1, 0)
    works = [dist.all_reduce(tensors[i], group=groups[i], async_op=True) for i in order]
    for work in works if dist.get_rank() < 2 else reversed(works):
        work.wait()
    check(all(work.is_completed() for work in works), "a work that was waited for is completed")
    check(all(t.eq(dist.get_world_size(g)).all() for t, g in zip(tensors, groups)), "asynchronous sums")
    tensors = [torch.full((1000,), float(i)) for i in range(300)]  # more than the library has under way
    works = [dist.all_reduce(tensor, async_op=True) for tensor in tensors]
    future = works[-1].get_future().then(lambda done: done.value()[0].sum().item())
    check(future.wait() == 299.0 * 1000 * dist.get_world_size(), "a future's callback")
    for work in works:
        work.wait()
    check(all(t.eq(float(i) * dist.get_world_size()).all() for i, t in enumerate(tensors)), "three hundred sums under way")


def try_asynchrony():
    """A call that another rank does not make yet does not hold this one up."""
    tensor = torch.ones(4)
    if dist.get_rank() == 0:
        work = dist.all_reduce(tensor, async_op=True)
        check(not work.is_completed(), "nobody has come, and it is completed")
        dist.distributed_c10d._get_default_store().set("go", "1")
        work.wait()
    else:
        dist.distributed_c10d._get_default_store().wait(["go"])
        dist.all_reduce(tensor)
    check(tensor.eq(dist.get_world_size()).all(), "a call that others came to later")


def try_refusals(rank, size):
    tensor = torch.ones(3)
    refused("allreduce: operation BXOR is not known; use one of SUM, AVG", dist.all_reduce, tensor.int(), op=Op.BXOR)
    refused("allreduce: SUM of torch.bool", dist.all_reduce, tensor.bool())
    refused("allreduce: torch.uint16 cannot be reduced", dist.all_reduce, tensor.to(torch.uint16))
    refused("allreduce: a tensor with layout torch.sparse_coo", dist.all_reduce, tensor.to_sparse())
    refused("allreduce: a tensor on meta: only memory of the host", dist.all_reduce, tensor.to("meta"))
    refused("reduce_scatter: the input has 7 elements", dist.reduce_scatter_tensor, tensor, torch.ones(7))
    refused("allgather: the output has 7 elements", dist.all_gather_into_tensor, torch.ones(7), tensor)
    refused("send: libflightbase-coll has no such call; use a group of another backend", dist.send, tensor, (rank + 1) % size)
    refused("all_to_all_single: libflightbase-coll has no such call", dist.all_to_all_single, tensor, tensor)
    refused("broadcast_parameters: a list has no parameters", flightbase.torch.broadcast_parameters, [tensor])
    refused("wire: torch.int8 is no type", flightbase.torch.HookState, wire=torch.int8)
    dist.all_reduce(tensor)
    check(tensor.eq(size).all(), "a sum after refusals")


def main():
    dist.init_process_group("flightbase")
    rank, size = dist.get_rank(), dist.get_world_size()
    check(dist.get_backend() == "flightbase", "the backend's name")
    world = dist.group.WORLD
    halves = [dist.new_group(list(range(h, size, 2))) for h in range(2)]
    alone = [dist.new_group([r]) for r in range(size)][rank]
    everyone = dist.new_group(list(range(size)))
    for group in (world, halves[rank % 2], alone, everyone):
        members = (group, dist.get_rank(group), dist.get_world_size(group))
        try_allreduce(*members, REDUCED if group is world else [torch.bfloat16])
        try_layouts(*members)
        try_moves(*members, MOVED if group is world else [torch.complex64])
        try_built(*members)
    try_async((halves[rank % 2], everyone))
    try_asynchrony()
    try_refusals(rank, size)
    # More than there are numbers, of which each is free again when its group is gone.
    for _ in range(20):
        group = dist.new_group([0, size - 1])
        if rank in (0, size - 1):
            tensor = torch.ones(1)
            dist.all_reduce(tensor, group=group)
            check(tensor.item() == 2, "a group made anew")
            dist.destroy_process_group(group)
        del group
    check(len(flightbase.torch.meeting._taken) <= 4, "numbers of groups that are gone")
    end()


main()
