# SPDX-License-Identifier: GPL-2.0-or-later
"""Training with DistributedDataParallel: against one process and Gloo, bit for bit against a sum in the library's order."""

import json
import sys

import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

import flightbase.torch
from flightbase.torch import stage
from ranks import check, end, refused

BATCH, WIDTH, STEPS = 4, 96, 3


def make_model(seed=1):
    torch.manual_seed(seed)
    return torch.nn.Sequential(
        torch.nn.Linear(WIDTH, 200), torch.nn.LayerNorm(200), torch.nn.GELU(), torch.nn.Linear(200, 200), torch.nn.GELU(), torch.nn.Linear(200, 7)
    )


def make_batch(step, ranks):
    generator = torch.Generator().manual_seed(100 + step)
    inputs = torch.randn(dist.get_world_size() * BATCH, WIDTH, generator=generator)
    targets = torch.randint(7, (len(inputs),), generator=generator)
    return inputs[ranks], targets[ranks]


def mine():
    return slice(dist.get_rank() * BATCH, (dist.get_rank() + 1) * BATCH)


def train(model, ranks, steps=STEPS):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    for step in range(steps):
        inputs, targets = make_batch(step, ranks)
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(inputs), targets).backward()
        optimizer.step()
    return flat(model)


def flat(model, grads=False):
    return torch.cat([(p.grad if grads else p.detach()).reshape(-1) for p in model.parameters()])


def everyones(vector):
    parts = [torch.empty_like(vector) for _ in range(dist.get_world_size())]
    dist.all_gather(parts, vector)
    return parts


def same_everywhere(vector):
    return all(torch.equal(vector, other) for other in everyones(vector))


def wrapped(hook_state=None, group=None, **more):
    ddp = DistributedDataParallel(make_model(), process_group=group, bucket_cap_mb=0.1, **more)
    if group is None:
        ddp.register_comm_hook(hook_state, flightbase.torch.allreduce_hook)
    return ddp


def try_training():
    alone = train(make_model(), slice(None))
    ours = train(wrapped(), mine())
    check(torch.allclose(ours, alone, rtol=1e-4, atol=1e-6), "three steps, against one process with the whole batch")
    check(not torch.equal(ours, flat(make_model())), "it has learned")
    check(same_everywhere(ours), "the ranks' parameters, bit for bit")
    check(torch.equal(ours, train(wrapped(), mine())), "a second run, bit for bit")
    gloo = train(wrapped(group=dist.new_group(backend="gloo")), mine())
    check(torch.allclose(ours, gloo, rtol=1e-4, atol=1e-6), "three steps, against Gloo")
    plain = DistributedDataParallel(make_model(), find_unused_parameters=True, gradient_as_bucket_view=True)
    check(torch.allclose(train(plain, mine()), alone, rtol=1e-4, atol=1e-6), "without the hook, with unused parameters looked for")
    half = wrapped(dist.new_group(list(range(dist.get_world_size()))))
    check(torch.allclose(train(half, mine()), alone, rtol=1e-4, atol=1e-6), "the hook in a group")


def one_step(ddp):
    inputs, targets = make_batch(0, mine())
    torch.nn.functional.cross_entropy(ddp(inputs), targets).backward()
    return flat(ddp, grads=True)


def sum_in_order(parts):
    """As flightbase-coll(7) says: by rank in a node; each of two nodes with two ranks by itself first."""
    if len({host for host in hosts}) == 2 and len(parts) == 4:
        return (parts[0] + parts[1]) + (parts[2] + parts[3])
    total = parts[0].clone()
    for part in parts[1:]:
        total += part
    return total


def try_gradients():
    local = make_model()
    parts = everyones(one_step(local))
    want = sum_in_order(parts) / len(parts)
    got = one_step(wrapped())
    check(torch.equal(got, want), f"gradients, bit for bit: {(got != want).sum()} of {len(got)} differ")
    # A reference in another order is another number: the test can tell.
    backwards = (parts[3] + parts[0] + (parts[1] + parts[2])) / 4 if len(parts) == 4 else None
    check(backwards is None or not torch.equal(got, backwards), "another order gives other bits")
    for wire, step in ((torch.bfloat16, 2**-7), (torch.float16, 2**-10)):
        near = one_step(wrapped(flightbase.torch.HookState(wire=wire)))
        check(torch.allclose(near, want, rtol=4 * step, atol=4 * step * want.abs().max().item()), f"{wire} on the wire: near")
        check(not torch.equal(near, want), f"{wire} on the wire: it went there")
        check(same_everywhere(near), f"{wire} on the wire: the same on all ranks")
    check(torch.equal(one_step(wrapped()), want), "no wire after one")
    refused("allreduce_hook: the process group is of another backend", flightbase.torch.allreduce_hook, gloo, None)


def try_stages():
    """The memory that a node's ranks share: the same bits without it; freed when it is idle, and had again."""
    first, want = wrapped(), one_step(wrapped(flightbase.torch.HookState(stage=False)))
    check(torch.equal(one_step(first), want), "gradients with and without a stage")
    filled = len(stage._filled)
    second = DistributedDataParallel(torch.nn.Linear(5, 5))
    second.register_comm_hook(None, flightbase.torch.allreduce_hook)
    for _ in range(2 * stage._IDLE):
        second(torch.ones(1, 5)).sum().backward()
    check(filled > 1 and len(stage._filled) == 1, f"{filled} stages, then {len(stage._filled)}")
    first.zero_grad()
    check(torch.equal(one_step(first), want), "gradients in a stage made anew")


def try_parameters():
    model = make_model(seed=dist.get_rank())
    flightbase.torch.broadcast_parameters(model, root=1)
    check(torch.equal(flat(model), flat(make_model(seed=1))), "broadcast_parameters of a module")
    state = {"name": "x", "deep": [{"a": torch.full((2, 3), float(dist.get_rank())).t()}, torch.tensor(dist.get_rank())]}
    flightbase.torch.broadcast_parameters({**state, "large": torch.zeros(300000)}, root=0)
    check(state["deep"][0]["a"].eq(0).all() and state["deep"][1] == 0 and state["name"] == "x", "broadcast_parameters of a state")


def try_timeline(path):
    refused("max_events is 0; give a number from 1 on", flightbase.torch.timeline_start, path, 0)
    refused("'%x' is unknown; %r is the rank", flightbase.torch.timeline_start, "trace.%x")
    refused("No such file or directory; name a file", flightbase.torch.timeline_start, "/nowhere/trace")
    check(flightbase.torch.timeline_stop() is None, "there is no timeline")
    flightbase.torch.timeline_start(path, max_events=10)
    refused("is being written; call timeline_stop() first", flightbase.torch.timeline_start, path)
    for _ in range(12):
        dist.all_reduce(torch.ones(1000))
    dist.barrier()
    check(flightbase.torch.timeline_stop() == 3, "events that were left out")
    with open(path.replace("%r", str(dist.get_rank()))) as file:
        trace = json.load(file)
    events = [event for event in trace["traceEvents"] if event["ph"] == "X"]
    check(len(events) == 10 and trace["otherData"]["dropped"] == 3, "events in the timeline")
    check(all(e["name"] == "allreduce" and e["args"]["bytes"] == 4000 and e["dur"] > 0 for e in events), "what the events say")
    check(all(a["ts"] + a["dur"] <= b["ts"] + 1 for a, b in zip(events, events[1:])), "one after the other")


dist.init_process_group("flightbase")
torch.set_num_threads(1)
hosts = [None] * dist.get_world_size()
dist.all_gather_object(hosts, __import__("socket").gethostname())
gloo = dist.new_group(backend="gloo")
try_gradients()
if "stages" in sys.argv:
    try_stages()
else:
    try_training()
    try_parameters()
    try_timeline("trace.%r.json")
end()
