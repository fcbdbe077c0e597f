"""A tagger that is fast, certain and counts what it is asked: no network, no tokenizer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from common import CAUSES, FakeScorer


@dataclass
class FakeTagger(FakeScorer):
    """Names its kernel and remembers what it was asked."""

    kernel: str = "fp32"
    asked: list[str] = field(default_factory=list)

    def predict_proba(self, texts: Sequence[str]) -> np.ndarray:
        self.asked.extend(texts)
        return super().predict_proba(texts)

    def expected(self, text: str) -> dict[str, float]:
        return dict(zip(CAUSES, self.predict_proba([text])[0].tolist(), strict=True))


@pytest.fixture
def tagger() -> FakeTagger:
    return FakeTagger()


@pytest.fixture
def jsonl(tmp_path):
    """Return a function that writes rows (or raw lines) as JSONL and returns its path."""

    def write(rows: Sequence[dict | str], name: str = "in.jsonl") -> Path:
        lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
        path = tmp_path / name
        path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
        return path

    return write
