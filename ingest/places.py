"""Where a file is: on this machine, or on whatever fsspec knows (s3://, gs://, memory://, …).

    place("archive.csv")              a Path
    place("s3://desk/archive.csv")    a UPath, which has what this project uses of a Path

So whoever reads or writes asks no more than a Path has. What differs is here: an object appears whole or not
at all, so it needs no temporary name, and there is no lock to be had on it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from errors import ArchiveError


def place(address: str | Path) -> Path:
    """Return the place that an address names.

    Args:
        address: a path, a URL of a file system, or what this function returned.

    Raises:
        ArchiveError: the file system is unknown, not installed, or does not answer.
    """
    if is_remote(address):
        return cast(Path, address)
    if not isinstance(address, str) or "://" not in address:
        return Path(address)
    from upath import UPath  # noqa: PLC0415 - only those pay for it who need it

    try:
        found = UPath(address, use_listings_cache=False)  # what others write meanwhile must be seen
        if found.protocol == "file":
            return Path(found.path)
        found.exists()
    except Exception as error:
        raise ArchiveError(
            f"{address} cannot be reached ({_words(error)})",
            "check the address and the credentials; s3:// needs `pip install '.[s3]'`, gs:// '.[gs]'",
        ) from error
    return cast(Path, found)


def is_remote(path: object) -> bool:
    """Say whether a place is on another file system than this machine's own."""
    return hasattr(path, "fs")


def is_same(one: Path, other: Path) -> bool:
    """Say whether two places are one file that exists."""
    if is_remote(one) or is_remote(other):
        return str(one) == str(other)
    return one.exists() and other.exists() and one.samefile(other)


def put(local: Path, remote: Path) -> None:
    """Copy a file to a remote place, where it appears whole.

    Raises:
        OSError: it cannot be written.
    """
    at: Any = remote
    try:
        at.fs.put_file(str(local), at.path)
    except OSError:
        raise
    except Exception as error:  # every file system has errors of its own
        raise OSError(_words(error)) from error


def stamp(path: Path) -> str:
    """Return what changes when a file is written anew.

    Raises:
        OSError: there is no such file.
    """
    if is_remote(path):
        at: Any = path
        return str(at.fs.ukey(at.path))
    status = path.stat()
    return f"{status.st_size} {status.st_mtime_ns}"


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".split("\n")[0].rstrip(".: ")
