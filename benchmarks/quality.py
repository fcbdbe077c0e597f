"""Ours against its peers on the same rows: one table of quality and speed.

    python benchmarks/quality.py                                    # ours, TF-IDF, frozen encoder
    python benchmarks/quality.py --static-python .venv-static/bin/python

Every system is fitted on the rows that ours was fitted on and measured on the test slice. All but the
first TF-IDF, which is what one gets in ten lines of scikit-learn, are calibrated and given thresholds by
the same code on the same rows; speeds leave loading out. The static peer,
model2vec, holds transformers back and so lives in an environment of its own:

    python3 -m venv .venv-static
    .venv-static/bin/pip install 'model2vec[distill]==0.10.*' 'torch==2.13.*' scikit-learn
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import FeatureUnion, make_pipeline

from model.base import locate
from model.calibration import identity_calibration
from model.tagger import Tagger
from training.calibrate import calibrate
from training.corpus import LabelledHeadline, label_matrix
from training.embedding import Embedder
from training.material import Material, our_material
from training.metrics import Report, evaluate_intensities
from training.split import Split

Logits = NDArray[np.float32]
PLAIN = "TF-IDF + logistic regression, tagged at 0.5"
Score = Callable[[Sequence[str]], tuple[Logits, float]]  # texts to logits (n, causes) and seconds


def texts_of(rows: Sequence[LabelledHeadline]) -> list[str]:
    """Return what the systems read."""
    return [row.text for row in rows]


def timed(score: Callable[[list[str]], Logits]) -> Score:
    """Time a system that scores within this process."""

    def run(texts: Sequence[str]) -> tuple[Logits, float]:
        started = time.perf_counter()
        logits = np.asarray(score(list(texts)), dtype=np.float32)
        return logits, time.perf_counter() - started

    return run


def plain_tfidf(split: Split, causes: Sequence[str]) -> Score:
    """Words under logistic regression, everything as scikit-learn has it by default."""
    model = make_pipeline(TfidfVectorizer(), OneVsRestClassifier(LogisticRegression(max_iter=1000)))
    model.fit(texts_of(split.fit), label_matrix(split.fit, causes))
    return timed(model.decision_function)


def tfidf(split: Split, causes: Sequence[str]) -> Score:
    """Words and pairs of words, and character n-grams, under logistic regression."""
    features = FeatureUnion(
        [
            ("words", TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2)),
            (
                "characters",
                TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, min_df=3),
            ),
        ]
    )
    model = make_pipeline(features, OneVsRestClassifier(LogisticRegression(C=10, max_iter=1000)))
    model.fit(texts_of(split.fit), label_matrix(split.fit, causes))
    return timed(model.decision_function)


def frozen_encoder(split: Split, causes: Sequence[str]) -> Score:
    """Mean-pooled vectors of the base encoder as it comes, under logistic regression."""
    embed = Embedder(locate())
    model = OneVsRestClassifier(LogisticRegression(C=10, max_iter=1000))
    model.fit(embed(texts_of(split.fit)), label_matrix(split.fit, causes))
    return timed(lambda texts: model.decision_function(embed(texts)))


def static_embeddings(split: Split, causes: Sequence[str], python: Path, work: Path) -> Score:
    """A static model that model2vec distils from the same encoder, under logistic regression."""
    fit = {"texts": texts_of(split.fit), "labels": label_matrix(split.fit, causes).tolist()}
    (work / "fit.json").write_text(json.dumps(fit), encoding="utf-8")
    program = [str(python), str(Path(__file__).with_name("static_peer.py"))]
    subprocess.run([*program, "fit", str(work), str(locate().folder)], check=True)

    def score(texts: Sequence[str]) -> tuple[Logits, float]:
        (work / "texts.json").write_text(json.dumps(list(texts)), encoding="utf-8")
        subprocess.run([*program, "score", str(work)], check=True)
        seconds = float((work / "seconds.txt").read_text(encoding="utf-8"))
        return np.load(work / "logits.npy", allow_pickle=False).astype(np.float32), seconds

    return score


def measured(name: str, score: Score, material: Material) -> tuple[Report, float]:
    """Calibrate a system, measure it on the test rows; returns the report and headlines a second."""
    split, causes = material.split, material.names
    if name == PLAIN:
        calibration, thresholds = identity_calibration(len(causes)), (0.5,) * len(causes)
    else:
        rows = split.calibration
        logits, _ = score(texts_of(rows))
        calibration, thresholds = calibrate(logits, rows, causes, natural=material.natural)
    texts = texts_of(split.test)
    test_logits, seconds = score(texts)
    labels = label_matrix(split.test, causes)
    report = evaluate_intensities(labels, calibration(test_logits), causes, thresholds, model_version=name)
    return report, len(texts) / seconds


def row(name: str, report: Report, rate: float) -> str:
    """Return one line of the table."""
    f1, causes = report.macro_f1, report.causes.values()
    each = " | ".join(f"{cause.f1:.3f}" for cause in causes)
    interval = f"{f1.value:.3f} ({f1.low:.3f} to {f1.high:.3f})"
    return f"| {name} | {interval} | {report.macro_ap.value:.3f} | {each} | {rate:,.0f} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--static-python", type=Path, help="Python of the environment that has model2vec")
    parser.add_argument("--model", help="model folder (default: the shipped checkpoint)")
    options = parser.parse_args()
    tagger = Tagger.from_pretrained(options.model)
    material = our_material()
    split, causes = material.split, material.names
    if tagger.causes != causes:
        parser.error(
            f"--model tags {', '.join(tagger.causes)}; give one that tags {', '.join(causes)}, in this order"
        )
    if tagger.meta.data_sha256 != material.sha256:
        parser.error("--model was fitted to other rows than the corpus has now; train it again")
    systems: dict[str, Score] = {
        "ours": timed(tagger.logits),
        PLAIN: plain_tfidf(split, causes),
        "TF-IDF with character n-grams + logistic regression": tfidf(split, causes),
        "frozen encoder + logistic regression": frozen_encoder(split, causes),
    }
    with tempfile.TemporaryDirectory() as work:
        if options.static_python:
            systems["static embeddings (model2vec)"] = static_embeddings(
                split, causes, options.static_python, Path(work)
            )
        print(f"| system | macro F1 (95%) | macro AP | {' | '.join(causes)} | headlines a second |")
        print("| --- " * (len(causes) + 4) + "|")
        for name, score in systems.items():
            print(row(name, *measured(name, score, material)), flush=True)


if __name__ == "__main__":
    main()
