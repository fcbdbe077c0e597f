"""The four causes: the one place, besides a saved model, for their names, order and meaning.

The codebook (docs/codebook.md) is the law for labels; the definitions here are its short form for
pages and prompts. A saved model carries its own names in its own order: read them from the tagger,
never from here, when you handle its output.
"""

from __future__ import annotations

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
