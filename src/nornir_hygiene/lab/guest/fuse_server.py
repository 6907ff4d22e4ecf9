"""A FUSE file system with one file, whose server never answers some requests. Arguments: mountpoint, mute, lasts_s.

`mute` names operations (`read`, `flush`) that are taken and never answered. Speaks the kernel's protocol by itself,
version 7.31: https://www.kernel.org/doc/html/latest/filesystems/fuse.html
"""

import ctypes
import errno
import os
import signal
import struct

from . import stage

FILE_NAME, CONTENT = b"data", b"x" * 4096
_LOOKUP, _FORGET, _GETATTR, _OPEN, _READ, _RELEASE, _FLUSH = 1, 2, 3, 14, 15, 18, 25
_INIT, _OPENDIR, _RELEASEDIR, _INTERRUPT, _BATCH_FORGET = 26, 27, 29, 36, 42
_SILENT = {_FORGET, _INTERRUPT, _BATCH_FORGET}  # the protocol wants no answer to these
_NAMES = {"read": _READ, "flush": _FLUSH}
_ROOT, _FILE = 1, 2
_HEADER = struct.Struct("<IIQQIIIHH")


def main() -> None:
    """Mount and serve until the mount is gone."""
    arguments = stage.arguments()
    if arguments["lasts_s"]:
        signal.alarm(int(arguments["lasts_s"]))  # the kernel ends us even if we hang, and with us every waiter
    mute = {_NAMES[name] for name in arguments["mute"]}
    device = os.open("/dev/fuse", os.O_RDWR)
    _mount(device, arguments["mountpoint"])
    stage.report({"pid": os.getpid()})
    while True:
        try:
            request = os.read(device, 135168)
        except OSError as error:
            if error.errno in (errno.EINTR, errno.ENOENT):
                continue
            return
        _serve(device, request, mute)


def _mount(device: int, mountpoint: str) -> None:
    options = f"fd={device},rootmode=40000,user_id=0,group_id=0,allow_other".encode()
    if stage.LIBC.mount(b"objectfs", mountpoint.encode(), b"fuse", 0, options) != 0:
        raise OSError(ctypes.get_errno(), "mount")


def _serve(device: int, request: bytes, mute: set[int]) -> None:
    _, operation, unique, node, *_ = _HEADER.unpack_from(request)
    if operation in mute or operation in _SILENT:
        return
    code, body = _answer(operation, node, request[_HEADER.size :])
    os.write(device, struct.pack("<IiQ", 16 + len(body), -code, unique) + body)


def _answer(operation: int, node: int, rest: bytes) -> tuple[int, bytes]:
    if operation == _INIT:
        return 0, struct.pack("<IIIIHHIIHHI7I", 7, 31, 65536, 0, 12, 9, 65536, 1, 16, 0, 0, *[0] * 7)
    if operation == _LOOKUP:
        return _entry() if rest.rstrip(b"\0") == FILE_NAME else (errno.ENOENT, b"")
    if operation == _GETATTR:
        return 0, struct.pack("<QII", 1, 0, 0) + _attributes(node)
    if operation in (_OPEN, _OPENDIR):
        return 0, struct.pack("<QII", 1, 1, 0)  # flag 1: direct, every read reaches the server
    if operation == _READ:
        offset, size = struct.unpack_from("<QI", rest, 8)
        return 0, CONTENT[offset : offset + size]
    return (0, b"") if operation in (_RELEASE, _RELEASEDIR, _FLUSH) else (errno.ENOSYS, b"")


def _entry() -> tuple[int, bytes]:
    return 0, struct.pack("<QQQQII", _FILE, 0, 1, 1, 0, 0) + _attributes(_FILE)


def _attributes(node: int) -> bytes:
    mode = 0o040755 if node == _ROOT else 0o100644
    return struct.pack("<6Q10I", node, len(CONTENT), 8, 0, 0, 0, 0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)


if __name__ == "__main__":
    main()
