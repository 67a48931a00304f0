# SPDX-License-Identifier: GPL-2.0-or-later
"""Parameters from one rank to all."""

import torch
import torch.distributed as dist

from .kinds import check_tensor, refuse

_PACKED_BYTES = 1 << 20  # smaller tensors travel together, up to
_PACK_BYTES = 32 << 20  # in one call


def _tensors_in(value):
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _tensors_in(part)
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _tensors_in(part)


def _packs(tensors):
    """Lists of tensors of one type that go in one call, the same on all ranks."""
    open_packs = {}
    for tensor in tensors:
        size = tensor.numel() * tensor.element_size()
        if size >= _PACKED_BYTES:
            yield [tensor]
            continue
        pack, filled = open_packs.get(tensor.dtype, ([], 0))
        if filled + size > _PACK_BYTES:
            yield pack
            pack, filled = [], 0
        open_packs[tensor.dtype] = ([*pack, tensor], filled + size)
    yield from (pack for pack, _ in open_packs.values())


@torch.no_grad()
def broadcast_parameters(module_or_state_dict, root=0, group=None):
    """All tensors of a module (parameters and buffers) or a state_dict, nested ones too, become root's, in place.

    All ranks call it with the same names, shapes and types. root is a rank of the job; other values than tensors stay.
    """
    if isinstance(module_or_state_dict, torch.nn.Module):
        values = module_or_state_dict.state_dict(keep_vars=True)
    elif isinstance(module_or_state_dict, dict):
        values = module_or_state_dict
    else:
        kind = type(module_or_state_dict).__name__
        raise refuse("broadcast_parameters", f"a {kind} has no parameters", "give a module or its state_dict()")
    tensors = [check_tensor("broadcast_parameters", tensor) for tensor in _tensors_in(values)]
    works = []
    for pack in _packs(tensors):
        packed = pack[0].detach() if len(pack) == 1 else torch.cat([tensor.detach().reshape(-1) for tensor in pack])
        works.append((dist.broadcast(packed, root, group=group, async_op=True), packed, pack))
    for work, packed, pack in works:
        work.wait()
        if len(pack) > 1:
            for tensor, part in zip(pack, packed.split([tensor.numel() for tensor in pack])):
                tensor.detach().copy_(part.view(tensor.shape))
