# SPDX-License-Identifier: GPL-2.0-or-later
"""How the ranks meet: the backend's creator, and PyTorch's store without MASTER_ADDR.

The library finds the ranks by itself (PMI2, PMIx, a shared folder). PyTorch wants a store beside it, for names of groups and
barriers at their creation: rank 0 opens one on a free port and tells the others where through the library. That is
init_method "flightbase://", and what "env://", the default, does where MASTER_ADDR is not set.
Where something else has started the ranks and PyTorch has a store already (torchrun), ranks of one node meet through
that: in a folder that rank 0 makes.
"""

import ctypes
import os
import secrets
import shutil
import socket
import sys
import tempfile
import weakref

import torch.distributed as dist
from torch.distributed.constants import default_pg_timeout

from . import job as jobs
from .group import Group
from .kinds import UINT8
from .library import CollectiveError

_GROUPS = 256  # of the library, the job's included
_CONNECT_SECONDS = 3

_STARTS = ("PMI_FD", "PMIX_NAMESPACE", "FLIGHTBASE_RENDEZVOUS", "FLIGHTBASE_BOOTSTRAP")

_store = None  # lives as long as the process: rank 0's serves the others
_taken = set()  # numbers of groups that this process has made
_parked = {}  # ranks: {number: handle} of groups that are gone


def _tell(job, text):
    """Rank 0's text, on all ranks."""
    size = ctypes.c_int64(len(text))
    at = ctypes.addressof(size)
    library = job.library
    library.check(library.broadcast(job.handle, at, at, 8, UINT8, 0))
    buffer = ctypes.create_string_buffer(text, max(1, size.value))
    at = ctypes.addressof(buffer)
    library.check(library.broadcast(job.handle, at, at, size.value, UINT8, 0))
    return buffer.raw[: size.value]


def _addresses():
    """Where others may reach this node: its interfaces' addresses, then its name."""
    found = []
    for family in (socket.AF_INET, socket.AF_INET6):
        for _, name in socket.if_nameindex():
            found += _address_of(family, name)
    return [a for a in found if not a.startswith("127.")] + [socket.gethostname(), "127.0.0.1"]


def _address_of(family, interface):
    if family == socket.AF_INET:
        import fcntl
        import struct

        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            try:
                answer = fcntl.ioctl(probe, 0x8915, struct.pack("256s", interface.encode()[:15]))  # SIOCGIFADDR
            except OSError:
                return []
        return [socket.inet_ntoa(answer[20:24])]
    found = []
    try:
        with open("/proc/net/if_inet6") as lines:
            for line in lines:
                digits, _, _, scope, _, name = line.split()
                if name == interface and scope == "00":
                    found.append(socket.inet_ntop(family, bytes.fromhex(digits)))
    except OSError:
        pass
    return found


def _connect(job, places, timeout):
    """A client of rank 0's store, at the first of its addresses that answers with the right word."""
    port, word, *addresses = places.decode().split()
    if job.library.host(job.handle, 0) == job.library.host(job.handle, job.rank):
        addresses.insert(0, "127.0.0.1")
    for address in addresses:
        try:
            socket.create_connection((address, int(port)), _CONNECT_SECONDS).close()
            store = dist.TCPStore(address, int(port), job.size, False, timeout, wait_for_workers=False, use_libuv=False)
            if store.check(["flightbase"]) and store.get("flightbase").decode() == word:
                return store
        except (OSError, RuntimeError):
            continue
    raise CollectiveError(
        f"flightbase: store of rank 0: none of {', '.join(addresses)} answers on port {port}; "
        "set MASTER_ADDR and MASTER_PORT, RANK and WORLD_SIZE, or open the nodes' network for the step"
    )


def _open_store(job, timeout):
    if job.size == 1:
        return dist.HashStore()
    if job.rank:
        return _connect(job, job.worker.do("store", lambda: _tell(job, b"")), timeout)
    word = secrets.token_hex(8)
    store = dist.TCPStore("0.0.0.0", 0, job.size, True, timeout, wait_for_workers=False, use_libuv=False)
    store.set("flightbase", word)
    places = " ".join([str(store.port), word, *_addresses()]).encode()
    job.worker.do("store", lambda: _tell(job, places))
    return store


def _meet(url, timeout=default_pg_timeout, **_):
    """PyTorch's rendezvous handler: a store, the rank and the size."""
    global _store
    job = jobs.begin(timeout)
    if _store is None:
        _store = _open_store(job, timeout)
    yield _store, job.rank, job.size


def _meet_by_environment(original):
    def meet(url, timeout=default_pg_timeout, **more):
        if os.environ.get("MASTER_ADDR") or "?" in url:
            return original(url, timeout=timeout, **more)
        return _meet(url, timeout, **more)

    return meet


def _begin_by_store(store, rank, size, timeout):
    """The job of ranks that something else than srun has started."""
    folder = None
    if size > 1 and not any(os.environ.get(name) for name in _STARTS):
        store.set(f"host/{rank}", socket.gethostname())
        hosts = {store.get(f"host/{other}") for other in range(size)}
        if len(hosts) > 1:
            raise CollectiveError(
                f"flightbase: init: {size} ranks on {len(hosts)} nodes that srun has not started; use srun --mpi=pmi2, or set "
                "FLIGHTBASE_RENDEZVOUS to a folder that all of them share"
            )
        if rank == 0:
            folder = tempfile.mkdtemp(prefix="flightbase-")
            store.set("folder", folder)
        os.environ["FLIGHTBASE_RENDEZVOUS"] = store.get("folder").decode()
        os.environ["FLIGHTBASE_RANK"], os.environ["FLIGHTBASE_SIZE"] = str(rank), str(size)
    try:
        return jobs.begin(timeout)
    finally:
        if folder:
            shutil.rmtree(folder, ignore_errors=True)


def _world(store, rank, size, timeout, name):
    job = jobs.job or _begin_by_store(store, rank, size, timeout)
    if (job.rank, job.size) != (rank, size):
        raise CollectiveError(
            f"flightbase: init: PyTorch says rank {rank} of {size}, the tasks of the step are rank {job.rank} of {job.size}; "
            "start one task per rank, or leave RANK and WORLD_SIZE to flightbase"
        )
    return Group(job, job.handle, 0, rank, size, name)


def _agree(store, rank, ranks):
    """A number that is free on all members, or the number of a group of just them that is gone on all of them."""
    parked = _parked.get(ranks, {})
    store.set(f"group/{rank}", ",".join(map(str, _taken)) + "/" + ",".join(map(str, parked)))
    taken, again = set(), set(range(1, _GROUPS))
    for member in range(len(ranks)):
        used, left = store.get(f"group/{member}").decode().split("/")
        taken |= {int(n) for n in used.split(",") if n}
        again &= {int(n) for n in left.split(",") if n}
    if again:
        return min(again)
    free = set(range(1, _GROUPS)) - taken
    if not free:
        raise CollectiveError(
            f"flightbase: new_group: {_GROUPS - 1} groups exist on these ranks: no more than that; make groups once and keep them"
        )
    return min(free)


def _sub_group(options):
    job, ranks = jobs.job, tuple(options.global_ranks_in_group)
    number = _agree(options.store, options.group_rank, ranks)
    handle = _parked.get(ranks, {}).pop(number, None)
    if handle is None:
        handle = ctypes.c_void_p()
        list_of_ranks = (ctypes.c_int * len(ranks))(*ranks)
        library = job.library

        def join():
            job.worker.groups += 1
            library.check(library.join_group(job.handle, list_of_ranks, len(ranks), number, ctypes.byref(handle)))

        job.worker.do("new_group", join)
        _taken.add(number)
    group = Group(job, handle, number, options.group_rank, len(ranks), options.group_id)
    # PyTorch 2.6 tells nobody that a group is destroyed, and members would have to end it together.
    weakref.finalize(group, _parked.setdefault(ranks, {}).__setitem__, number, handle)
    return group


def create(options, _):
    """The creator that PyTorch calls for each group that this rank is a member of."""
    if dist.distributed_c10d.GroupMember.WORLD is None or jobs.job is None:
        # The default group may be another backend's.
        if dist.is_initialized() and options.group_size != dist.get_world_size():
            raise CollectiveError(
                f"flightbase: new_group: the first one of this backend has {options.group_size} of {dist.get_world_size()} ranks; "
                "make one of all ranks first"
            )
        return _world(options.store, options.group_rank, options.group_size, options.timeout, options.group_id)
    return _sub_group(options)


def register():
    dist.Backend.register_backend("flightbase", create, extended_api=True, devices=["cpu"])
    dist.register_rendezvous_handler("flightbase", _meet)
    # PyTorch has no public way to add to a handler of its own. Without, users say init_method="flightbase://".
    handlers = getattr(sys.modules["torch.distributed.rendezvous"], "_rendezvous_handlers", {})
    if "env" in handlers:
        handlers["env"] = _meet_by_environment(handlers["env"])
