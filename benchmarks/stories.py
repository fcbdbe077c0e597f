"""Stories in our own words, tagged sentence by sentence: are the causes of each found?

    python benchmarks/stories.py [--model FOLDER]

Prints, for the first twenty and for the second set, whose writers knew nothing of the tagger, what is not
as it was said, the F1 of the cause sets, and how often the first cause is right (Wilson's 95% interval).
Both are for measuring alone: but for one discount (docs/log.md) nothing was or is to be tuned on them.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from scipy.stats import binomtest

from model.passages import tag_passage
from model.tagger import Tagger

DATA = Path(__file__).parent / "data"


def measure(tagger: Tagger, path: Path) -> None:
    """Print a line for each story of which something else was found, and the two figures."""
    stories = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    hits = wrong = missed = first = 0
    print(path.name)
    for story in stories:
        found, right = tag_passage(tagger, story["text"]).causes, story["labels"]
        hits += len(set(right) & set(found))
        wrong += len(set(found) - set(right))
        missed += len(set(right) - set(found))
        first += (found[0] if found else None) == story["first"]
        if found != tuple(right):
            print(f"  {story['id']}  said {', '.join(right) or 'none'}; found {', '.join(found) or 'none'}")
    f1 = 2 * hits / (2 * hits + wrong + missed)
    interval = binomtest(first, len(stories)).proportion_ci(method="wilson")
    rate = f"{first / len(stories):.0%}, {interval.low:.0%} to {interval.high:.0%}"
    print(f"  F1 of the cause sets {f1:.3f}; first cause right in {first} of {len(stories)} ({rate})")


def main() -> None:
    """Measure both sets."""
    parser = argparse.ArgumentParser(description="Tag stories.")
    parser.add_argument("--model", help="model folder (default: the shipped checkpoint)")
    tagger = Tagger.from_pretrained(parser.parse_args().model)
    for name in ("stories.jsonl", "stories_second.jsonl"):
        measure(tagger, DATA / name)


if __name__ == "__main__":
    main()
