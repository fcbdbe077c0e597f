"""The static-embedding peer, run by `quality.py` in an environment of its own with model2vec.

static_peer.py fit WORK ENCODER_FOLDER    # WORK/fit.json to WORK/model and WORK/head.npz
static_peer.py score WORK                 # WORK/texts.json to WORK/logits.npy and WORK/seconds.txt
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
from model2vec import StaticModel
from model2vec.distill import distill
from sklearn.linear_model import LogisticRegression


def fit(work: Path, encoder: str) -> None:
    """Distil the encoder and fit one logistic regression a cause on its vectors."""
    data = json.loads((work / "fit.json").read_text(encoding="utf-8"))
    model = distill(model_name=encoder)
    model.save_pretrained(work / "model")
    vectors, labels = model.encode(data["texts"]), np.asarray(data["labels"])
    heads = [LogisticRegression(C=100, max_iter=2000).fit(vectors, column) for column in labels.T]
    weights = np.stack([head.coef_[0] for head in heads])
    np.savez(work / "head.npz", weights=weights, offsets=[head.intercept_[0] for head in heads])


def score(work: Path) -> None:
    """Write the logits (n, causes) of the texts."""
    head = np.load(work / "head.npz")
    texts = json.loads((work / "texts.json").read_text(encoding="utf-8"))
    model = StaticModel.from_pretrained(work / "model")
    started = time.perf_counter()
    logits = model.encode(texts) @ head["weights"].T + head["offsets"]
    (work / "seconds.txt").write_text(str(time.perf_counter() - started), encoding="utf-8")
    np.save(work / "logits.npy", logits)


if __name__ == "__main__":
    command, folder, *rest = sys.argv[1:]
    fit(Path(folder), *rest) if command == "fit" else score(Path(folder))
