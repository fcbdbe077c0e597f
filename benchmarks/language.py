"""What judging languages costs, and what the list of English words changes about it.

    python benchmarks/language.py ../shared/archive/*.jsonl.gz

For each archive: its lines, how many are withheld from a model that knows English, the processor's
microseconds a line, the share that the list decides alone, and on how many of these the dearer steps would
say otherwise.
"""

from __future__ import annotations

import gzip
import json
import sys
import time
from pathlib import Path

from model.language import _is_english_throughout, _weighed, _words, foreign_language


def main() -> None:
    """Print the table, and the lines that the list decides otherwise."""
    foreign_language("Kursziel gesenkt, Banken gefragt", ("en",))  # loads the detector
    columns = ("archive", "lines", "withheld", "µs a line", "by the list", "changed by it")
    print(f"| {' | '.join(columns)} |\n|{' --- |' * len(columns)}")
    changed: list[str] = []
    for path in map(Path, sys.argv[1:]):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            titles = [json.loads(line)["title"] or "" for line in file]
        busy_s = time.process_time()
        withheld = sum(foreign_language(title, ("en",)) is not None for title in titles)
        busy_us = (time.process_time() - busy_s) / len(titles) * 1e6
        listed = [title for title in titles if _is_english_throughout(_words(title))]
        otherwise = [title for title in listed if _weighed(title, _words(title)).get("en", 1.0) < 0.1]
        changed += otherwise
        share = f"{len(listed) / len(titles):.1%}"
        print(
            f"| {path.name} | {len(titles):,} | {withheld:,} | {busy_us:.1f} | {share} | {len(otherwise)} |"
        )
    print("\n".join(changed))


if __name__ == "__main__":
    main()
