# SPDX-License-Identifier: GPL-2.0-or-later
"""Gradients in memory that all ranks of a node have mapped (fb_coll_alloc): reduced in place there, without further copies.

PyTorch allocates the buckets; each has a stage here that it is copied to, and whose memory is the hook's result, from which
PyTorch copies to the gradients anyway. Stages are allocated and freed by all ranks together, so what decides about them is
the same on all: the bucket's first parameter and its length.
"""

import ctypes

import torch
from torch.utils.weak import WeakTensorKeyDictionary

from .library import STATUS

_stages = WeakTensorKeyDictionary()  # first parameter of a bucket: Stage

# The worker's: stages with memory, in the order in which they got it; reductions so far.
_filled = []
_reductions = 0
_IDLE = 256  # reductions without one, and a stage's memory is freed: buckets are made anew, models go


class Stage:
    def __init__(self):
        self.memory = ctypes.c_void_p()
        self.size = 0
        self.used = 0

    def _free(self, group):
        library = group.job.library
        library.check(library.free(group.handle, self.memory))
        self.size = 0
        _filled.remove(self)

    def _fit(self, group, size):
        """On the worker. False: there is no such memory, which all ranks have found."""
        global _reductions
        library = group.job.library
        _reductions += 1
        self.used = _reductions
        if _reductions % _IDLE == 0:
            for idle in [stage for stage in _filled if stage.used <= _reductions - _IDLE]:
                idle._free(group)
        if self.size == size:
            return True
        if self.size:
            self._free(group)
        status = library.alloc(group.handle, size, ctypes.byref(self.memory))
        if STATUS.get(status) == "MEMORY":
            return False
        library.check(status)
        self.size = size
        _filled.append(self)
        return True

    def reduce(self, group, gradients, kind, op):
        """On the worker: the status, and the tensor with the result."""
        size = gradients.numel() * gradients.element_size()
        if not self._fit(group, size):
            at = gradients.data_ptr()
            return group.job.library.allreduce(group.handle, at, at, gradients.numel(), kind, op), gradients
        ctypes.memmove(self.memory, gradients.data_ptr(), size)
        status = group.job.library.allreduce(group.handle, self.memory, self.memory, gradients.numel(), kind, op)
        view = (ctypes.c_char * size).from_address(self.memory.value)
        return status, torch.frombuffer(view, dtype=gradients.dtype)


def of_bucket(bucket):
    first = bucket.parameters()[0]
    stage = _stages.get(first)
    if stage is None:
        stage = _stages[first] = Stage()
    return stage
