"""Twenty stories in our own words, tagged sentence by sentence: are the causes of each found?

    python benchmarks/stories.py [--model FOLDER]

Prints the F1 of the cause sets and in how many stories the first cause is right. The stories are for
measuring alone: but for one discount (docs/log.md) nothing was or is to be tuned on them.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from model.passages import tag_passage
from model.tagger import Tagger

STORIES = Path(__file__).parent / "data" / "stories.jsonl"


def main() -> None:
    """Print a line a story and the two figures."""
    parser = argparse.ArgumentParser(description="Tag twenty stories.")
    parser.add_argument("--model", help="model folder (default: the shipped checkpoint)")
    tagger = Tagger.from_pretrained(parser.parse_args().model)
    stories = [json.loads(line) for line in STORIES.read_text(encoding="utf-8").splitlines()]
    hits = wrong = missed = first = 0
    for story in stories:
        found, right = tag_passage(tagger, story["text"]).causes, set(story["labels"])
        hits += len(right & set(found))
        wrong += len(set(found) - right)
        missed += len(right - set(found))
        first += (found[0] if found else None) == story["first"]
        said = ", ".join(story["labels"]) or "none"
        print(f"{story['id']}  said {said}; found {', '.join(found) or 'none'}")
    f1 = 2 * hits / (2 * hits + wrong + missed)
    print(f"\nF1 of the cause sets {f1:.3f}; first cause right in {first} of {len(stories)}")


if __name__ == "__main__":
    main()
