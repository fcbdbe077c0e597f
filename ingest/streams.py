"""Bytes of a file that may be compressed, by its ending: reading as a stream, writing whole or not at all.

`.gz` goes through the standard library, `.zst` through pyarrow. Nothing here knows what the bytes mean.
"""

from __future__ import annotations

import gzip
import io
import os
import secrets
import shutil
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, BinaryIO, cast

import pyarrow as pa

from errors import ArchiveError
from ingest.places import is_remote, put

COMPRESSIONS = (".gz", ".zst")
MAX_LINE_BYTES = 16 * 1024 * 1024  # a longer line is not a row of headlines; it must not fill the memory
_HEAD_BYTES = 4 << 20
TOO_LONG = f"is longer than {MAX_LINE_BYTES // 1024 // 1024} MB"  # what is said of such a line


class _ArrowReader(io.RawIOBase):
    """An Arrow stream as Python's raw stream, so that it can be buffered and read by lines."""

    def __init__(self, stream: pa.NativeFile) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override] # the stub's Buffer has no length
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._stream.close()
        super().close()


@contextmanager
def reading(path: Path) -> Iterator[BinaryIO]:
    """The decompressed bytes of `path`, as a stream.

    Raises:
        ArchiveError: the file is missing, unreadable, or its compressed bytes are damaged or cut short.
    """
    with stream_errors(path), path.open("rb") as raw, _unpacked(raw, path.suffix) as stream:
        yield stream


def estimated_lines(path: Path) -> int:
    """How many lines the decompressed bytes have, by those at the beginning; exact for a small file.

    Raises:
        ArchiveError: as `reading`.
    """
    with stream_errors(path), path.open("rb") as raw, _unpacked(raw, path.suffix) as stream:
        head = stream.read(_HEAD_BYTES)
        ends = head.count(b"\n")
        share = 1.0 if len(head) < _HEAD_BYTES else raw.tell() / path.stat().st_size
        return round(ends / share)


@contextmanager
def stream_errors(path: Path) -> Iterator[None]:
    """Turns what reading a file raises into an ArchiveError that names it."""
    try:
        yield
    except FileNotFoundError as error:
        raise ArchiveError(f"no file {path}", "check the path") from error
    except IsADirectoryError as error:
        raise ArchiveError(f"{path} is a folder", "name a file in it") from error
    except PermissionError as error:
        raise ArchiveError(f"{path} may not be read", "check its permissions") from error
    except (EOFError, zlib.error, OSError, pa.ArrowException) as error:
        words = str(error).split("\n")[0].rstrip(".")
        raise ArchiveError(
            f"{path} is damaged or cut short ({words})", "fetch it again, or compress it again"
        ) from error


@contextmanager
def seekable(path: Path) -> Iterator[BinaryIO]:
    """The decompressed bytes of `path` for a format that must seek; packed ones in a temporary file."""
    if path.suffix not in COMPRESSIONS:
        with stream_errors(path), path.open("rb") as plain:
            yield plain
        return
    with tempfile.TemporaryFile() as unpacked:
        with reading(path) as stream:
            shutil.copyfileobj(stream, unpacked)
        unpacked.seek(0)
        yield cast(BinaryIO, unpacked)


def lines(stream: BinaryIO) -> Iterator[bytes | None]:
    """Each line with its end, or None for one longer than `MAX_LINE_BYTES`, which is passed over."""
    while line := stream.readline(MAX_LINE_BYTES):
        if line.endswith(b"\n") or len(line) < MAX_LINE_BYTES:
            yield line
            continue
        skip_line(stream)
        yield None


def skip_line(stream: BinaryIO) -> None:
    """Pass over what is left of a line."""
    while (rest := stream.readline(MAX_LINE_BYTES)) and not rest.endswith(b"\n"):
        pass


def has_surrogate(text: str) -> bool:
    """True for text with half a character, or with bytes that were no UTF-8 and came by 'surrogateescape'."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


@contextmanager
def writing(path: Path) -> Iterator[IO[bytes]]:
    """A stream into `path`, compressed by its ending, that appears there only when all of it is on the disk.

    Raises:
        ArchiveError: the place cannot be written.
    """
    if is_remote(path):
        with tempfile.TemporaryDirectory() as folder, write_errors(path):
            local = Path(folder) / path.name
            with _create(local, path.suffix) as stream:
                yield stream
            put(local, path)
        return
    # By chance and not by process: two machines that share a folder may have processes of one number.
    temporary = path.with_name(f".{path.name}.{secrets.randbits(63)}.partial")
    try:
        with write_errors(path):
            with _create(temporary, path.suffix) as stream:
                yield stream
            with temporary.open("rb+") as written:
                os.fsync(written.fileno())
            temporary.replace(path)
            sync_folder(path.parent)
    finally:
        with suppress(OSError):  # the folder may be no folder; that error has been told
            temporary.unlink()


@contextmanager
def write_errors(path: Path) -> Iterator[None]:
    """Turns what writing a file raises into an ArchiveError that names it."""
    try:
        yield
    except OSError as error:
        raise ArchiveError(
            f"cannot write {path}: {error.strerror or error}",
            "check the folder, its permissions and the free space",
        ) from error


def sync_folder(folder: Path) -> None:
    """Makes a rename in `folder` last through a power cut, where the system can."""
    with suppress(OSError):  # some systems cannot open a folder
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def _unpacked(raw: BinaryIO, compression: str) -> Iterator[BinaryIO]:
    if compression == ".gz":
        with gzip.GzipFile(fileobj=raw) as unpacked:
            yield cast(BinaryIO, io.BufferedReader(unpacked))
    elif compression == ".zst":
        arrow = pa.CompressedInputStream(pa.PythonFile(raw), "zstd")
        with io.BufferedReader(_ArrowReader(arrow)) as unpacked:
            yield cast(BinaryIO, unpacked)
    elif isinstance(raw, io.BufferedIOBase):
        yield raw
    else:  # fsspec's files read no line up to a length
        yield cast(BinaryIO, io.BufferedReader(cast(io.RawIOBase, raw)))


@contextmanager
def _create(path: Path, compression: str) -> Iterator[IO[bytes]]:
    with path.open("wb") as raw:
        if compression == ".gz":
            with gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=6, mtime=0) as packed:
                yield cast(IO[bytes], packed)
        elif compression == ".zst":
            with pa.CompressedOutputStream(pa.PythonFile(raw), "zstd") as packed:
                yield packed
        else:
            yield raw
