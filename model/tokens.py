"""Text to token ids: the same for training and for tagging.

It uses the `tokenizers` library straight from a `tokenizer.json`, which is what transformers' fast
tokenizers do inside, without their start-up cost. It loads no torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tokenizers import Tokenizer

from model.base import unreadable


def load_tokenizer(folder: Path, max_tokens: int) -> Tokenizer:
    """Load `tokenizer.json` from a folder; texts longer than `max_tokens` are cut, none are padded.

    Raises:
        ModelError: it cannot be read.
    """
    path = folder / "tokenizer.json"
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # tokenizers raises nothing narrower
        raise unreadable(path, error) from error
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_length=max_tokens)
    return tokenizer


def encode(tokenizer: Tokenizer, texts: Sequence[str]) -> list[list[int]]:
    """Return the token ids of every text, special tokens included."""
    return [encoding.ids for encoding in tokenizer.encode_batch_fast(list(texts))]
