"""A cause's last sessions as a small line, inline SVG by matplotlib.

The line takes the page's colours (`currentColor` and the class names below), a session without enough
headlines is a gap, and the same numbers give the same bytes. It says nothing in words: the page
does that beside it, for those who do not see it.
"""

from __future__ import annotations

import io
import itertools
import math
import re
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from matplotlib.figure import Figure

_SIZE_INCHES = (2.0, 0.42)  # 144 by about 30 points
_SVG = "http://www.w3.org/2000/svg"
_XLINK = "{http://www.w3.org/1999/xlink}href"
# Colours that stand for classes: matplotlib knows no CSS, so they are told apart by value afterwards.
_CLASSES = {
    "#010101": "spark-line",
    "#020202": "spark-usual",
    "#030303": "spark-band",
    "#040404": "spark-now",
}
_LINE, _USUAL, _BAND, _NOW = _CLASSES
_NUMBER = re.compile(r"\d+\.\d{3,}")  # a hundredth of a point is plenty
_COLOUR = re.compile(r"(?:fill|stroke): (#0\d0\d0\d)")


def sparkline(
    values: Sequence[float | None],
    *,
    usual: float | None = None,
    spread: float | None = None,
    prefix: str = "s",
) -> str:
    """Draw intensities over consecutive sessions, the last of them marked.

    Args:
        values: one for each session, each in [0, 1], ascending; None is a gap.
        usual: the baseline's mean, drawn as a thin line; None draws none.
        spread: the baseline's sd, drawn as a band around it.
        prefix: begins every id, so that several drawings may stand in one page.

    Returns:
        An `<svg>` element without any text; empty if no value is known.
    """
    points = [math.nan if value is None else value for value in values]
    known = [value for value in points if not math.isnan(value)]
    if not known:
        return ""
    figure = Figure(figsize=_SIZE_INCHES)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    figure.patch.set_visible(False)
    low, high = _bounds(known, usual, spread)
    axes.set_xlim(-0.6, len(points) - 0.4)
    axes.set_ylim(low, high)
    if usual is not None:
        if spread:
            bottom, top = max(low, usual - spread), min(high, usual + spread)
            axes.axhspan(bottom, top, color=_BAND, linewidth=0, clip_on=False)
        axes.axhline(usual, color=_USUAL, linewidth=0.8, clip_on=False)
    axes.plot(points, color=_LINE, linewidth=1.3, clip_on=False)
    lonely = [index for index, value in enumerate(points) if not math.isnan(value) and _alone(points, index)]
    axes.plot(lonely, [points[index] for index in lonely], ".", color=_LINE, markersize=3, clip_on=False)
    if not math.isnan(points[-1]):
        axes.plot([len(points) - 1], [points[-1]], "o", color=_NOW, markersize=4.5, clip_on=False)
    return _inline(figure, prefix)


def _bounds(known: Sequence[float], usual: float | None, spread: float | None) -> tuple[float, float]:
    """Leave a tenth of the range above and below; a flat line gets a range of its own."""
    edges = [*known] if usual is None else [*known, usual - (spread or 0), usual + (spread or 0)]
    low, high = max(0.0, min(edges)), max(edges)
    margin = max((high - low) * 0.14, 0.01)
    return low - margin, high + margin


def _alone(points: Sequence[float], index: int) -> bool:
    neighbours = [points[i] for i in (index - 1, index + 1) if 0 <= i < len(points)]
    return all(math.isnan(value) for value in neighbours)


def _inline(figure: Figure, prefix: str) -> str:
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    root = ET.fromstring(buffer.getvalue())  # noqa: S314 (drawn above)
    _strip(root)
    _rename_ids(root, prefix)
    _colour_by_class(root)
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    root.set("class", "spark")
    root.set("aria-hidden", "true")
    root.set("focusable", "false")
    ET.register_namespace("", _SVG)
    text = re.sub(r">\s+<", "><", ET.tostring(root, encoding="unicode")).strip()
    return _NUMBER.sub(lambda found: f"{float(found.group()):.2f}".rstrip("0").rstrip("."), text)


def _strip(root: ET.Element) -> None:
    """Take out metadata, the style sheet that would leak into the page, and what is transparent."""
    for parent in list(root.iter()):
        for child in list(parent):
            name = child.tag.rpartition("}")[2]
            if (
                name in {"metadata", "style"}
                or (name == "defs" and not len(child))
                or "opacity: 0" in child.get("style", "")
            ):
                parent.remove(child)


def _rename_ids(root: ET.Element, prefix: str) -> None:
    """Number the ids that are referred to (matplotlib salts them) and drop the others."""
    text = ET.tostring(root, encoding="unicode")
    used = dict.fromkeys(re.findall(r'href="#([\w-]+)"', text))
    names = {old: f"{prefix}-{number}" for number, old in zip(itertools.count(1), used)}
    for element in root.iter():
        if (old := element.get("id")) is not None:
            element.attrib.pop("id")
            if old in names:
                element.set("id", names[old])
        if (reference := element.get(_XLINK)) is not None:
            element.attrib.pop(_XLINK)
            element.set("href", f"#{names[reference.removeprefix('#')]}")


def _colour_by_class(root: ET.Element) -> None:
    for element in root.iter():
        style = element.attrib.pop("style", None)
        if style is None:
            continue
        found = _COLOUR.search(style)
        if found:
            element.set("class", _CLASSES[found.group(1)])
        width = re.search(r"stroke-width: ([\d.]+)", style)
        if width:
            element.set("stroke-width", width.group(1))
