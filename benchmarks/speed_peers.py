"""The peers of `speed.py`, each in a process of its own, in an environment that has their libraries.

speed_peers.py NAME ENCODER_FOLDER TEXTS.json cpu|wall

Loads the peer, says `ready`, and for every line on its input scores the texts once and prints the seconds.
All have the same encoder with a head of four; what its weights are does not matter to speed.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch

BATCH = 32
CAUSES = 4
Peer = Callable[[Sequence[str]], object]


def pipeline_of(dtype: torch.dtype, *, device: str = "cpu", batch: int = BATCH) -> Callable[[str], Peer]:
    """transformers.pipeline over BertForSequenceClassification."""

    def load(folder: str) -> Peer:
        from transformers import AutoModelForSequenceClassification, AutoTokenizer, pipeline

        model = AutoModelForSequenceClassification.from_pretrained(folder, num_labels=CAUSES, dtype=dtype)
        classify = pipeline(
            "text-classification", model=model, tokenizer=AutoTokenizer.from_pretrained(folder), device=device
        )
        return lambda texts: classify(list(texts), batch_size=batch, top_k=None, function_to_apply="sigmoid")

    return load


def sentence_transformers(folder: str) -> Peer:
    """Mean-pooled vectors, and a linear head on them."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(folder, device="cpu")
    head = np.zeros((model.get_sentence_embedding_dimension() or 0, CAUSES), dtype=np.float32)
    return lambda texts: model.encode(list(texts), batch_size=BATCH, show_progress_bar=False) @ head


def onnx_of(*, int8: bool) -> Callable[[str], Peer]:
    """ONNX Runtime on the exported encoder, in float32 or with dynamic int8."""

    def load(folder: str) -> Peer:
        import onnxruntime
        from transformers import AutoTokenizer

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        with tempfile.TemporaryDirectory() as work:
            path = _exported(folder, Path(work), int8=int8)
            session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        tokenizer = AutoTokenizer.from_pretrained(folder)

        def score(texts: Sequence[str]) -> None:
            for start in range(0, len(texts), BATCH):
                batch = list(texts[start : start + BATCH])
                fields = tokenizer(batch, padding=True, truncation=True, return_tensors="np")
                session.run(None, {name: fields[name] for name in ("input_ids", "attention_mask")})

        return score

    return load


class _Headed(torch.nn.Module):
    """The encoder, the mean over its tokens and a head."""

    def __init__(self, folder: str) -> None:
        super().__init__()
        from transformers import AutoModel

        self.encoder = AutoModel.from_pretrained(folder, attn_implementation="eager")
        self.head = torch.nn.Linear(self.encoder.config.hidden_size, CAUSES)

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        weights = attention_mask.unsqueeze(-1).to(hidden.dtype)
        return self.head((hidden * weights).sum(1) / weights.sum(1))


def _exported(folder: str, work: Path, *, int8: bool) -> str:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    ids = torch.ones(2, 8, dtype=torch.long)
    rows_tokens = {0: torch.export.Dim("rows"), 1: torch.export.Dim("tokens")}
    program = torch.onnx.export(
        _Headed(folder).eval(),
        (ids, ids),
        input_names=["input_ids", "attention_mask"],
        dynamic_shapes=(rows_tokens, rows_tokens),
        dynamo=True,
        verbose=False,
    )
    program.save(work / "model.onnx")
    if int8:
        quantize_dynamic(work / "model.onnx", work / "int8.onnx", weight_type=QuantType.QInt8)
    return str(work / ("int8.onnx" if int8 else "model.onnx"))


# What the table calls a peer, how it is loaded, the package whose version is told.
PEERS: dict[str, tuple[Callable[[str], Peer], str]] = {
    "pipeline-fp32": (pipeline_of(torch.float32), "transformers"),
    "pipeline-bf16": (pipeline_of(torch.bfloat16), "transformers"),
    "sentence-transformers": (sentence_transformers, "sentence-transformers"),
    "onnx-fp32": (onnx_of(int8=False), "onnxruntime"),
    "onnx-int8": (onnx_of(int8=True), "onnxruntime"),
}


def main() -> None:
    """Answer lines until there are no more."""
    name, folder, path, clock = sys.argv[1:]
    load, package = PEERS[name]
    now = time.process_time if clock == "cpu" else time.perf_counter
    texts = json.loads(Path(path).read_text(encoding="utf-8"))
    score = load(folder)
    score(texts[:BATCH])
    print(f"ready {package} {version(package)}", flush=True)
    for _ in sys.stdin:
        began = now()
        score(texts)
        print(now() - began, flush=True)


if __name__ == "__main__":
    main()
