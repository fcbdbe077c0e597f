"""What every test folder shares: a way to write archives, and a tiny real model, built in a blink.

The model's encoder has no layers and its words stand for themselves: `capex` is infrastructure cost,
`bubble` valuation, `antitrust` regulation, `inflation` macro, and any other word is no cause. So
tests can say what it must answer, while every file of a real model folder is really read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

settings.register_profile("causewire", deadline=None)  # a busy machine is no failure
settings.load_profile("causewire")

KEYWORDS = {
    "infrastructure_cost": "capex",
    "valuation": "bubble",
    "regulation": "antitrust",
    "macro": "inflation",
}


@pytest.fixture(scope="session")
def write_archive() -> Callable[..., int]:
    """Return a function that writes batches of rows to an archive and returns the number of rows."""
    from ingest.archives import ROW_ERROR, ArchiveWriter, Row, table_of

    def write(path: Path, schema: Any, batches: Iterable[Sequence[Mapping[str, Any]]]) -> int:
        count = 0
        with ArchiveWriter(path, schema) as writer:
            for batch in batches:
                rows = [Row(number, dict(values)) for number, values in enumerate(batch, 1)]
                writer.write(table_of(rows, schema).drop_columns(ROW_ERROR))
                count += len(batch)
        return count

    return write


@pytest.fixture(scope="session")
def tiny_base(tmp_path_factory) -> Path:
    """Return a base encoder folder: 0 layers, 16 hidden units, a vocabulary of letters and keywords."""
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertModel

    folder = tmp_path_factory.mktemp("tiny") / "base"
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    words = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        "[MASK]",
        *KEYWORDS.values(),
        *letters,
        *(f"##{c}" for c in letters),
    ]
    tokenizer = Tokenizer(models.WordPiece({word: i for i, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    torch.manual_seed(0)
    encoder = BertModel(
        BertConfig(
            vocab_size=len(words),
            hidden_size=16,
            num_hidden_layers=0,
            num_attention_heads=1,
            intermediate_size=16,
        )
    )
    embeddings = encoder.embeddings
    with torch.no_grad():
        for table in (embeddings.position_embeddings, embeddings.token_type_embeddings):
            table.weight.zero_()
        # Zero on the causes' columns and on average, so that the layer norm keeps plain words off the causes.
        embeddings.word_embeddings.weight[:, :4] = 0
        embeddings.word_embeddings.weight[:, 4:] -= embeddings.word_embeddings.weight[:, 4:].mean(
            1, keepdim=True
        )
        for column, word in enumerate(KEYWORDS.values()):
            embeddings.word_embeddings.weight[words.index(word)] = 8.0 * torch.eye(16)[column]
    encoder.save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


@pytest.fixture(scope="session")
def tiny_model(tiny_base) -> Path:
    """Return a model folder over `tiny_base` that tags the keywords."""
    import torch

    from model.base import locate
    from model.calibration import identity_calibration
    from model.causes import CAUSE_NAMES
    from model.checkpoint import save_checkpoint
    from model.delta import pack_delta
    from model.meta import BaseRef, CheckpointMeta
    from model.network import base_weights, fresh_network

    base = locate(tiny_base)
    network = fresh_network(base, len(CAUSE_NAMES))
    with torch.no_grad():
        network.head.weight.zero_()
        network.head.weight[:, :4] = 300.0 * torch.eye(4)
        network.head.bias.fill_(-6.0)
    meta = CheckpointMeta(
        causes=CAUSE_NAMES,
        thresholds=(0.5,) * 4,
        calibration=identity_calibration(4),
        base=BaseRef(str(tiny_base), base.weights_sha256, base.tokenizer_sha256),
        max_tokens=128,
    )
    folder = tiny_base.parent / "model"
    save_checkpoint(folder, meta, pack_delta(base_weights(base), network.state_dict()))
    return folder


@pytest.fixture(scope="session")
def tiny_tagger(tiny_model):
    """Return the tagger of `tiny_model`."""
    from model.tagger import Tagger

    return Tagger.from_pretrained(tiny_model)
