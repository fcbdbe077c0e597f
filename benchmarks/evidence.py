"""How faithful the evidence is: take the words away that are said to carry a tag, and see.

    python benchmarks/evidence.py [--rows 300] [--model FOLDER]

Over tagged headlines of the test slice, as in ERASER (DeYoung et al. 2020):
comprehensiveness is how much the cause's intensity falls without the evidence, sufficiency how much it
falls when nothing but the evidence is left. Evidence is the fewest words that hold 20% (and 50%) of the
weight; the same number of words drawn at random is what it is held against.
"""

from __future__ import annotations

import argparse
import random
import re
from collections.abc import Collection

import numpy as np

from model.explain import Explanation, explain
from model.tagger import Tagger
from training.corpus import CORPUS, read_labelled, split_batches
from training.recipe import TEST_BATCHES

Span = tuple[int, int]


def without(text: str, spans: Collection[Span]) -> str:
    """Return the text without the characters of `spans`."""
    return "".join(character for i, character in enumerate(text) if not any(a <= i < b for a, b in spans))


def only(text: str, spans: Collection[Span]) -> str:
    """Return the words of `spans` alone, in reading order."""
    return " ".join(text[a:b] for a, b in sorted(spans))


def heaviest(explanation: Explanation, share: float) -> list[Span]:
    """Return the fewest words that hold `share` of the weight."""
    chosen: list[Span] = []
    total = 0.0
    for word in sorted(explanation.evidence, key=lambda word: -word.weight):
        if total >= share:
            break
        chosen.append((word.start, word.end))
        total += word.weight
    return chosen


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=300, help="tagged headlines")
    parser.add_argument("--model", help="model folder (default: the shipped checkpoint)")
    options = parser.parse_args()
    tagger = Tagger.from_pretrained(options.model)
    generator = random.Random(0)  # noqa: S311 (draws words, keeps no secret)
    _, test = split_batches(read_labelled(CORPUS, tagger.causes), TEST_BATCHES)
    texts = [row.text for row in test if tagger.predict([row.text])[0]][: options.rows]
    explained = list(zip(texts, explain(tagger, texts), strict=True))
    print("| share of weight | words | comprehensiveness | random words | times | sufficiency |")
    print("| --- | --- | --- | --- | --- | --- |")
    for share in (0.2, 0.5):
        drops = []
        for text, explanations in explained:
            words = [match.span() for match in re.finditer(r"\S+", text)]
            for explanation in explanations:
                chosen = heaviest(explanation, share)
                drawn = generator.sample(words, len(chosen))
                column = tagger.causes.index(explanation.cause)
                versions = [without(text, chosen), without(text, drawn), only(text, chosen)]
                left = tagger.predict_proba(versions)[:, column]
                drops.append([len(chosen), *(explanation.intensity - left)])
        n, evidence, chance, kept = np.mean(drops, axis=0)
        times = f"{evidence / chance:.1f}"
        print(f"| {share:.0%} | {n:.1f} | {evidence:.3f} | {chance:.3f} | {times} | {kept:.3f} |", flush=True)
    print(f"\n{len(texts)} headlines, {len(drops)} tags, model {tagger.version}")


if __name__ == "__main__":
    main()
