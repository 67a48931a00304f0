# SPDX-License-Identifier: GPL-2.0-or-later
"""The backend: a torch.distributed.ProcessGroup whose collectives are the library's.

Each method asks the worker for one call and returns a Work of its future at once. Tensors that are not contiguous go through a
copy. What the library does not have is put together from what it has (reduce, gather, scatter), or refused.
"""

import torch
import torch.distributed as dist

from .kinds import FLOAT32, TYPES, check_tensor, flat, moved_as, operation_of, refuse
from .library import Tensor
from .work import Together, Work

_WIRES = {None: FLOAT32, torch.float32: FLOAT32, torch.float16: TYPES[torch.float16], torch.bfloat16: TYPES[torch.bfloat16]}


def wire_of(wire):
    if wire not in _WIRES:
        raise refuse("wire", f"{wire} is no type that float32 travels as", "use torch.bfloat16, torch.float16 or None")
    return _WIRES[wire]


def _only(call, tensors):
    if len(tensors) != 1:
        raise refuse(call, f"{len(tensors)} tensors: one per rank is served", "call it once for each")
    return check_tensor(call, tensors[0])


def _same_length(call, whole, part, times, names):
    if whole.dtype != part.dtype or whole.numel() != times * part.numel():
        raise refuse(
            call,
            f"the {names[0]} has {whole.numel()} elements of {whole.dtype}, the {names[1]} {part.numel()} of {part.dtype}",
            f"with {times} ranks the {names[0]} has {times} times as many",
        )


class Group(dist.ProcessGroup):
    def __init__(self, job, handle, number, rank, size, name):
        super().__init__(rank, size)
        self._name = name
        self.job, self.handle, self.number = job, handle, number
        self._rank, self._size = rank, size
        # Where all ranks share memory, calls that block are the fast ones. Only the job's handle has them.
        self._blocks = number == 0 and job.shares_memory

    def rank(self):
        return self._rank

    def size(self):
        return self._size

    def getBackendName(self):
        return "flightbase"

    # PyTorch keeps the name in the backends of a group, of which this one has none: it is both.
    def _set_group_name(self, name):
        self._name = name

    @property
    def group_name(self):
        return self._name

    def __repr__(self):
        return f"flightbase.torch.Group(number={self.number}, rank={self._rank}, size={self._size})"

    def _ask(self, name, run, result, **more):
        return self.job.worker.ask(Work(name, self.number, run, result, **more))

    def _call(self, name, send, recv, count, *more):
        """What runs a call of that name: its blocking form, or the other where there is a request."""
        library, handle = self.job.library, self.handle
        make, begin = getattr(library, name), getattr(library, "i" + name)
        arguments = (handle, send.data_ptr(), recv.data_ptr(), count, *more)
        return lambda request: make(*arguments) if request is None else begin(*arguments, request)

    def _move(self, name, send, recv, part, result, after=None, more=(), parent=None):
        """A collective that moves elements; `part` is a rank's."""
        kind, times = moved_as(part)
        run = self._call(name, send, recv, part.numel() * times, kind, *more)
        return self._ask(
            name,
            run,
            result,
            keep=(send, recv),
            after=after,
            count=part.numel(),
            size=part.numel() * part.element_size(),
            parent=parent,
        )

    # Reductions

    def reduce_all(self, tensor, operation, wire=FLOAT32, result=None, name="allreduce"):
        """The work, whose result is by default [tensor]; float32 travels as `wire`."""
        kind, op = operation_of(name, check_tensor(name, tensor), operation)
        work = flat(tensor)
        after = None if work.data_ptr() == tensor.data_ptr() else lambda: tensor.copy_(work)
        return self._reduce(work, work, kind, op, wire, [tensor] if result is None else result, after, name)

    def _reduce(self, send, recv, kind, op, wire, result, after, name, parent=None):
        run = self._call("allreduce", send, recv, send.numel(), kind, op)

        def run_with_wire(request):
            self._set_wire(wire)
            return run(request)

        return self._ask(
            name,
            run_with_wire,
            result,
            keep=(send, recv),
            blocking=self._blocks,
            after=after,
            count=send.numel(),
            size=send.numel() * send.element_size(),
            parent=parent,
        )

    @property
    def shares_memory(self):
        """Whether this group's ranks can have memory that all of them have mapped."""
        return self._blocks

    def average_in(self, stage, gradients, name):
        """The work, whose result is the mean in the stage's memory."""
        kind, op = operation_of(name, check_tensor(name, gradients), dist.ReduceOp.AVG)
        found = []

        def run(_):
            self._set_wire(FLOAT32)
            status, result = stage.reduce(self, gradients, kind, op)
            found.append(result)
            return status

        count, size = gradients.numel(), gradients.numel() * gradients.element_size()
        return self._ask(name, run, found.pop, keep=(gradients, stage), blocking=True, count=count, size=size)

    def _set_wire(self, wire):
        wires = self.job.wires
        if wires.get(self.number, FLOAT32) != wire:
            self.job.library.check(self.job.library.set_wire(self.handle, wire))
            wires[self.number] = wire

    def allreduce(self, tensors, opts=None):
        operation = opts.reduceOp if opts else dist.ReduceOp.SUM
        return self.reduce_all(_only("allreduce", tensors), operation)

    def allreduce_coalesced(self, tensors, opts=None):
        """Small tensors of one type travel together."""
        operation = opts.reduceOp if opts else dist.ReduceOp.SUM
        name = "allreduce_coalesced"
        kinds = [operation_of(name, check_tensor(name, tensor), operation) for tensor in tensors]
        works = [flat(tensor) for tensor in tensors]
        if self._blocks:
            return self._fused(name, tensors, works, kinds)
        return self._packed(name, tensors, works, operation)

    def _fused(self, name, tensors, works, kinds):
        entries = (Tensor * len(works))()
        for entry, work, (kind, op) in zip(entries, works, kinds):
            entry.send = entry.recv = work.data_ptr()
            entry.count, entry.type, entry.op = work.numel(), kind, op
        library = self.job.library

        def run(_):
            self._set_wire(FLOAT32)
            return library.allreduce_many(self.handle, entries, len(entries))

        return self._ask(
            name,
            run,
            list(tensors),
            keep=(works, entries),
            blocking=True,
            after=lambda: _copy_back(tensors, works),
            count=sum(work.numel() for work in works),
            size=sum(work.numel() * work.element_size() for work in works),
        )

    def _packed(self, name, tensors, works, operation):
        """One call for each type, over a copy of all tensors of it; done when the last of them is."""
        of_type = {}
        for i, work in enumerate(works):
            of_type.setdefault(work.dtype, []).append(i)
        together = Together(name, self.number, len(of_type), list(tensors))
        for members in of_type.values():
            packed = torch.cat([works[i].reshape(-1) for i in members])
            kind, op = operation_of(name, packed, operation)

            def unpack(packed=packed, members=members):
                parts = packed.split([works[i].numel() for i in members])
                for i, part in zip(members, parts):
                    tensors[i].copy_(part.view(tensors[i].shape))

            self._reduce(packed, packed, kind, op, FLOAT32, None, unpack, name, together)
        return together

    def reduce(self, tensors, opts):
        """An allreduce whose result only the root keeps."""
        tensor = _only("reduce", tensors)
        kind, op = operation_of("reduce", tensor, opts.reduceOp)
        send = flat(tensor)
        mine = self._rank == opts.rootRank
        recv = send if mine else torch.empty_like(send)
        after = (lambda: tensor.copy_(recv)) if mine and recv.data_ptr() != tensor.data_ptr() else None
        return self._reduce(send, recv, kind, op, FLOAT32, [tensor], after, "reduce")

    def _reduce_scatter_base(self, output, input, opts=None):
        return self._scatter_sum(output, input, opts)

    def _scatter_sum(self, output, input, opts, parent=None):
        name = "reduce_scatter"
        operation = opts.reduceOp if opts else dist.ReduceOp.SUM
        kind, op = operation_of(name, check_tensor(name, input), operation)
        _same_length(name, input, check_tensor(name, output), self._size, ("input", "output"))
        send, recv = flat(input), flat(output)
        run = self._call(name, send, recv, recv.numel(), kind, op)
        after = None if recv.data_ptr() == output.data_ptr() else lambda: output.copy_(recv)
        return self._ask(
            name,
            run,
            [output],
            keep=(send, recv),
            after=after,
            count=send.numel(),
            size=send.numel() * send.element_size(),
            parent=parent,
        )

    def reduce_scatter(self, outputs, inputs, opts=None):
        output, blocks = _only("reduce_scatter", outputs), self._blocks_of("reduce_scatter", inputs, outputs)
        return self._scatter_sum(output, torch.cat([b.detach().reshape(-1) for b in blocks]), opts)

    def reduce_scatter_tensor_coalesced(self, outputs, inputs, opts=None):
        together = Together("reduce_scatter", self.number, len(outputs), list(outputs))
        for output, input in zip(outputs, inputs):
            self._scatter_sum(output, input, opts, together)
        return together

    # Moves

    def broadcast(self, tensors, opts):
        tensor = _only("broadcast", tensors)
        work = flat(tensor)
        copies = work.data_ptr() != tensor.data_ptr() and self._rank != opts.rootRank
        after = (lambda: tensor.copy_(work)) if copies else None
        return self._move("broadcast", work, work, work, [tensor], after, (opts.rootRank,))

    def _gather(self, output, input, parent=None):
        name = "allgather"
        _same_length(name, check_tensor(name, output), check_tensor(name, input), self._size, ("output", "input"))
        send, recv = flat(input), flat(output)
        after = None if recv.data_ptr() == output.data_ptr() else lambda: output.copy_(recv)
        return self._move(name, send, recv, send, [output], after, parent=parent)

    def _allgather_base(self, output, input, opts=None):
        return self._gather(output, input)

    def allgather_into_tensor_coalesced(self, outputs, inputs, opts=None):
        together = Together("allgather", self.number, len(outputs), list(outputs))
        for output, input in zip(outputs, inputs):
            self._gather(output, input, together)
        return together

    def _gather_list(self, name, outputs, input):
        """Into a tensor of all, then into each; outputs is empty where nobody wants them."""
        send = flat(check_tensor(name, input))
        recv = torch.empty(self._size * send.numel(), dtype=send.dtype)

        def spread():
            for output, part in zip(outputs, recv.split(send.numel()) if send.numel() else [recv] * self._size):
                output.copy_(part.view(output.shape))

        return self._move("allgather", send, recv, send, [list(outputs)], spread if outputs else None)

    def _blocks_of(self, name, lists, others):
        """The one list of a tensor per rank, all as long as the one that goes with it."""
        if len(lists) != 1 or len(others) != 1 or len(lists[0]) != self._size:
            raise refuse(name, f"{[len(blocks) for blocks in lists]} tensors", f"give one list of {self._size}")
        for block in lists[0]:
            _same_length(name, check_tensor(name, block), others[0], 1, ("block", "other tensor"))
        return list(lists[0])

    def allgather(self, outputs, inputs, opts=None):
        blocks = self._blocks_of("allgather", outputs, inputs)
        return self._gather_list("allgather", blocks, inputs[0])

    def gather(self, outputs, inputs, opts):
        """An allgather that only the root keeps."""
        input = _only("gather", inputs)
        blocks = self._blocks_of("gather", outputs, inputs) if self._rank == opts.rootRank else []
        return self._gather_list("gather", blocks, input)

    def scatter(self, outputs, inputs, opts):
        """A broadcast of all blocks, of which each rank keeps its own."""
        output = _only("scatter", outputs)
        if self._rank == opts.rootRank:
            blocks = self._blocks_of("scatter", inputs, outputs)
            work = torch.cat([block.detach().reshape(-1) for block in blocks])
        else:
            work = torch.empty(self._size * output.numel(), dtype=output.dtype)
        first = self._rank * output.numel()

        def keep_mine():
            output.copy_(work[first : first + output.numel()].view(output.shape))

        return self._move("broadcast", work, work, work, [output], keep_mine, (opts.rootRank,))

    def barrier(self, opts=None):
        library, handle = self.job.library, self.handle

        def run(request):
            return library.barrier(handle) if request is None else library.ibarrier(handle, request)

        return self._ask("barrier", run, [], blocking=self._blocks)

    # What there is none of

    def _none(self, name):
        raise refuse(
            name, "libflightbase-coll has no such call", "use a group of another backend for it: dist.new_group(backend='gloo')"
        )

    def send(self, tensors, rank, tag=0):
        self._none("send")

    def recv(self, tensors, rank, tag=0):
        self._none("recv")

    def recv_anysource(self, tensors, tag=0):
        self._none("recv")

    def alltoall(self, outputs, inputs, opts=None):
        self._none("all_to_all")

    def alltoall_base(self, output, input, output_sizes, input_sizes, opts=None):
        self._none("all_to_all_single")


def _copy_back(tensors, works):
    for tensor, work in zip(tensors, works):
        if work.data_ptr() != tensor.data_ptr():
            tensor.copy_(work)

