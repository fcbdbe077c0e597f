"""What of a user's rows is refused before anything is trained: contradictions, and too few to go round.

What a single row must hold is `training.corpus`'s business.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence

from errors import DataError
from model.language import foreign_language
from training.corpus import LabelledHeadline, first_few
from training.split import LEAST, Split, title_key


def check_agreement(source: str, rows: Sequence[LabelledHeadline]) -> None:
    """Refuse rows that say of the same text both yes and no to a cause.

    Args:
        source: names the rows in errors.
        rows: all of them.

    Raises:
        DataError: there are such rows; names in `details` a pair for each such text and cause.
    """
    said: dict[tuple[str, str], dict[bool, str]] = defaultdict(dict)
    for row in rows:
        for cause in row.judged:
            said[row.text.casefold(), cause].setdefault(cause in row.labels, row.place or row.id)
    pairs = [
        f"{places[True]} has {cause}, {places[False]} is the same text without it"
        for (_, cause), places in said.items()
        if len(places) > 1
    ]
    if pairs:
        more = f" (and {len(pairs) - 1} more)" if len(pairs) > 1 else ""
        raise DataError(
            f"{source} contradicts itself: {pairs[0]}{more}",
            "decide which is right, and take the other out",
            details=first_few(pairs) if more else (),
        )


def withheld_note(rows: Sequence[LabelledHeadline], languages: Collection[str]) -> str:
    """Say how many rows are in a language for which the model withholds itself, and the remedy.

    Returns:
        A sentence; '' where they are fewer than one in twenty, since languages are guessed.
    """
    found = Counter(code for row in rows if (code := foreign_language(row.text, languages)))
    if not found or found.total() * 20 < len(rows):
        return ""
    most = found.most_common(1)[0][0]
    return (
        f"{found.total():,} of {len(rows):,} rows are in another language than {', '.join(languages)}, such "
        f"as {most}: the model withholds itself from such texts unless it is trained with --language {most}"
    )


def check_enough(source: str, rows: Sequence[LabelledHeadline], causes: Collection[str]) -> None:
    """Refuse rows that are too few to learn their causes from.

    Args:
        source: names the rows in errors.
        rows: all rows that say something of the causes.
        causes: those that nothing but these rows teaches.

    Raises:
        DataError: too few titles with a cause, or too few that were judged and are without it; names each.
    """
    found = {key: set[str]() for cause in causes for key in ((cause, True), (cause, False))}
    for row in rows:
        for cause in row.judged:
            if cause in causes:
                found[cause, cause in row.labels].add(title_key(row.title))
    short = [
        f"{cause} has {len(titles)} titles {'with' if carried else 'judged without'} it"
        for (cause, carried), titles in found.items()
        if len(titles) < LEAST
    ]
    if short:
        raise DataError(
            f"{source} is too small: {', '.join(short)}",
            f"label at least {LEAST} different titles with each cause and {LEAST} without it",
        )


def check_parts(split: Split, causes: Sequence[str]) -> None:
    """Check that each part says of each cause both yes and no.

    Raises:
        DataError: one does not: the titles overlap in such a way that there are too few to go round.
    """
    for part, rows in split.parts().items():
        for cause in causes:
            said = {cause in row.labels for row in rows if cause in row.judged}
            if said != {True, False}:
                lacking = "with" if True not in said else "judged without"
                raise DataError(
                    f"the rows do not go round: none {lacking} {cause} is left for the {part} part",
                    f"label more titles, at least {LEAST} of each kind",
                )
