# SPDX-License-Identifier: GPL-2.0-or-later
"""libflightbase-coll by ctypes: the functions of flightbase/coll.h that the binding calls, and their errors.

FLIGHTBASE_COLL_LIBRARY names another file than the one the dynamic linker finds. ctypes gives up Python's lock during
each call.
"""

import ctypes
import os

NAME = "libflightbase-coll.so.0"

# fb_coll_status_t
STATUS = {
    1: "ARGUMENT",
    2: "MEMORY",
    3: "BOOTSTRAP",
    4: "TRANSPORT",
    5: "PEER_LOST",
    6: "STALLED",
    7: "MISMATCH",
}

_handle = ctypes.c_void_p
_pointer = ctypes.c_void_p
_out = ctypes.POINTER(ctypes.c_void_p)
_size = ctypes.c_size_t
_int = ctypes.c_int


class Tensor(ctypes.Structure):
    """fb_coll_tensor_t"""

    _fields_ = [("send", _pointer), ("recv", _pointer), ("count", _size), ("type", _int), ("op", _int)]


# Arguments of the functions that return a status; those with a request have one more at the end.
_CALLS = {
    "allreduce": [_handle, _pointer, _pointer, _size, _int, _int],
    "reduce_scatter": [_handle, _pointer, _pointer, _size, _int, _int],
    "allgather": [_handle, _pointer, _pointer, _size, _int],
    "broadcast": [_handle, _pointer, _pointer, _size, _int, _int],
    "barrier": [_handle],
}
_OTHERS = {
    "init": [_out],
    "finalize": [_handle],
    "allreduce_many": [_handle, ctypes.POINTER(Tensor), _size],
    "alloc": [_handle, _size, _out],
    "free": [_handle, _pointer],
    "set_wire": [_handle, _int],
    "wait": [_out],
    "test": [_out, ctypes.POINTER(_int)],
    "join_group": [_handle, ctypes.POINTER(_int), _int, _int, _out],
}


class CollectiveError(RuntimeError):
    """What ended a call, in the library's words: the operation, the rank, the reason. `status` is one of STATUS."""

    def __init__(self, text, status="ARGUMENT"):
        super().__init__(text)
        self.status = status


class Library:
    """The functions, without their prefix: library.allreduce(handle, ...) returns a status."""

    def __init__(self):
        path = os.environ.get("FLIGHTBASE_COLL_LIBRARY") or NAME
        try:
            library = ctypes.CDLL(path)
        except OSError as error:
            raise CollectiveError(
                f"flightbase: library '{path}': it cannot be loaded: {error}; "
                "set LD_LIBRARY_PATH or FLIGHTBASE_COLL_LIBRARY"
            ) from None
        for name, arguments in _CALLS.items():
            self._declare(library, name, arguments)
            self._declare(library, "i" + name, arguments + [_out])
        for name, arguments in _OTHERS.items():
            self._declare(library, name, arguments)
        self._describe(library)

    def _declare(self, library, name, arguments):
        try:
            function = getattr(library, "fb_coll_" + name)
        except AttributeError:
            raise CollectiveError(
                f"flightbase: library '{library._name}': it has no fb_coll_{name}: an older release than this binding; "
                "install the two together"
            ) from None
        function.argtypes = arguments
        function.restype = _int
        setattr(self, name, function)

    def _describe(self, library):
        for name in ("rank", "size", "local_rank", "local_size"):
            function = getattr(library, "fb_coll_" + name)
            function.argtypes = [_handle]
            setattr(self, name, function)
        self.host = library.fb_coll_host
        self.host.argtypes, self.host.restype = [_handle, _int], ctypes.c_char_p
        self._transports = library.fb_coll_transports
        self._transports.argtypes, self._transports.restype = [_handle, ctypes.c_char_p, _size], _size
        self._error_text = library.fb_coll_error_text
        self._error_text.restype = ctypes.c_char_p

    def transports(self, handle):
        text = ctypes.create_string_buffer(256)
        self._transports(handle, text, len(text))
        return text.value.decode()

    def error(self, status):
        """The exception for a status; on the thread that made the call, before its next one."""
        text = self._error_text().decode(errors="replace")
        return CollectiveError("flightbase: " + text, STATUS.get(status, str(status)))

    def check(self, status):
        if status:
            raise self.error(status)
