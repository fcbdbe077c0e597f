"""How a title and its summary become the one text that the encoder reads.

Trainer, tagger, scorer and server all call `headline_text`, so that no text is scored in another
shape than it was trained in. It does not clean: ingest hands over plain text.
"""

from __future__ import annotations


def headline_text(title: str, summary: str = "") -> str:
    """Join a title and a summary into one text.

    A title that ends a sentence by itself keeps its mark; any other gets a full stop, so that the
    encoder sees two sentences.
    """
    title, summary = title.strip(), summary.strip()
    if not summary:
        return title
    return f"{title} {summary}" if title.endswith((".", "?", "!")) else f"{title}. {summary}"
