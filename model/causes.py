"""The four causes: the one place, besides a saved model, for their names, order and meaning.

The codebook (docs/codebook.md) is the law for labels; the definitions here are its short form for
pages and prompts. A saved model carries its own causes in its own order: read them from the tagger,
never from here, when you handle its output.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause: `name` as in labels and columns, `title` for people, `definition` in one sentence."""

    name: str
    title: str
    definition: str


CAUSES: tuple[Cause, ...] = (
    Cause(
        "infrastructure_cost",
        "Infrastructure cost",
        "What it costs to build, power, equip, finance or run the physical base of an industry: "
        "capital expenditure, data centres, compute, fabs, grids, and doubts about their pay-off.",
    ),
    Cause(
        "valuation",
        "Valuation",
        "Price against worth: multiples, froth or bargains, crowded positions and their unwinding, "
        "profit-taking, what a company is valued at in a round or an offering.",
    ),
    Cause(
        "regulation",
        "Regulation",
        "Rules and those who make and enforce them: laws, licences, probes, fines, antitrust, "
        "export controls, sanctions, tariffs and subsidies for one sector, court rulings on a rule.",
    ),
    Cause(
        "macro",
        "Macro",
        "The economy and money at large: central banks, inflation, jobs, growth, yields, currencies, "
        "economy-wide tariffs, budgets, war and geopolitics, oil and other broad commodities.",
    ),
)

CAUSE_NAMES: tuple[str, ...] = tuple(cause.name for cause in CAUSES)


def known_causes(names: Sequence[str]) -> tuple[Cause, ...]:
    """Return causes of these names: ours as they stand here, any other with a title made from its name."""
    ours = {cause.name: cause for cause in CAUSES}
    return tuple(ours.get(name) or Cause(name, title_of(name), "") for name in names)


def title_of(name: str) -> str:
    """Return a name for people: `Supply chain` for `supply_chain`."""
    return name.replace("_", " ").capitalize()
