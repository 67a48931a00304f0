# SPDX-License-Identifier: GPL-2.0-or-later
"""Which of PyTorch's types and operations the library has, and tensors as the buffers of its calls."""

import torch
import torch.distributed as dist

from .library import CollectiveError

# fb_coll_type_t
FLOAT32 = 0
UINT8 = 8
TYPES = {
    torch.float32: FLOAT32,
    torch.float64: 1,
    torch.int32: 2,
    torch.int64: 3,
    torch.float16: 4,
    torch.bfloat16: 5,
    torch.int8: 6,
    torch.int16: 7,
    torch.uint8: UINT8,
}

# fb_coll_op_t
SUM, PROD, MIN, MAX, AVG = range(5)
_OPERATIONS = {
    dist.ReduceOp.SUM: SUM,
    dist.ReduceOp.PRODUCT: PROD,
    dist.ReduceOp.MIN: MIN,
    dist.ReduceOp.MAX: MAX,
    dist.ReduceOp.AVG: AVG,
}
# Of truth values, 0 or 1, these are right as they are for uint8.
_OF_BOOL = {
    dist.ReduceOp.PRODUCT: MIN,
    dist.ReduceOp.MIN: MIN,
    dist.ReduceOp.BAND: MIN,
    dist.ReduceOp.MAX: MAX,
    dist.ReduceOp.BOR: MAX,
}


def refuse(call, problem, instead):
    return CollectiveError(f"flightbase: {call}: {problem}; {instead}")


def check_tensor(call, tensor):
    if tensor.device.type != "cpu":
        raise refuse(call, f"a tensor on {tensor.device}: only memory of the host is served", "use backend 'nccl' for it")
    if tensor.layout != torch.strided:
        raise refuse(call, f"a tensor with layout {tensor.layout}: only dense ones are served", "use to_dense()")
    return tensor


def _name(kind):
    return str(kind).rsplit(".", 1)[-1].rstrip(">")


def operation_of(call, tensor, operation):
    """The library's type and operation for reducing such a tensor."""
    kind = getattr(operation, "op", operation)
    if tensor.dtype == torch.bool:
        if kind not in _OF_BOOL:
            raise refuse(call, f"{_name(kind)} of torch.bool: it has MIN, MAX, PRODUCT, BAND and BOR", "convert to uint8")
        return UINT8, _OF_BOOL[kind]
    if tensor.dtype not in TYPES:
        raise refuse(call, f"{tensor.dtype} cannot be reduced", "convert to one of " + ", ".join(str(t) for t in TYPES))
    if kind not in _OPERATIONS:
        raise refuse(call, f"operation {_name(kind)} is not known", "use one of SUM, AVG, MIN, MAX, PRODUCT")
    return TYPES[tensor.dtype], _OPERATIONS[kind]


def moved_as(tensor):
    """The library's type for moving such a tensor, and how many of it an element is: what cannot be reduced goes as bytes."""
    if tensor.dtype in TYPES:
        return TYPES[tensor.dtype], 1
    return UINT8, tensor.element_size()


def flat(tensor):
    """The tensor itself where its elements lie in order without gaps, else a copy of it."""
    work = tensor.detach()
    if work.is_conj() or work.is_neg():
        work = work.resolve_conj().resolve_neg()
    return work.contiguous()
