"""A summary as HTML, Markdown or JSON; the words and widths come from `desk.page`.

    to_html(summary, Surroundings(title="New York"))

Everything that a feed says is escaped. A page is one file: its style is inside, it runs no script and
asks no other server for anything.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from aggregate.records import SessionSummary
from desk.openapi import operations
from desk.page import Link, Page, Surroundings, build_page

HOME = "/"
_MARKDOWN_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&])")


def to_html(summary: SessionSummary, around: Surroundings | None = None, *, home: str = "") -> str:
    """Render a summary as one HTML page.

    Args:
        summary: what there is to show.
        around: the market's name and the links to other pages.
        home: address of the start page; none where empty.
    """
    page = build_page(summary, around)
    return _html("summary.html", page=page, markets=page.around.markets, home=home)


def to_markdown(summary: SessionSummary, around: Surroundings | None = None) -> str:
    """Render a summary as Markdown; what a feed says cannot become markup."""
    page = build_page(summary, around)
    return _environment(html=False).get_template("summary.md").render(page=page)


def to_json(summary: SessionSummary) -> str:
    """Render a summary as JSON, two blanks deep; see `SessionSummary.to_dict`."""
    return json.dumps(summary.to_dict(), ensure_ascii=False, indent=2)


def message_page(
    heading: str, what: str, remedy: str = "", *, markets: tuple[Link, ...] = (), home: str = HOME
) -> str:
    """Render a page that says what went wrong and what can be done."""
    return _html("message.html", heading=heading, what=what, remedy=remedy, markets=markets, home=home)


def docs_page(openapi: Mapping[str, Any], *, home: str = HOME) -> str:
    """Render the API's OpenAPI document as a plain page.

    Args:
        openapi: the document.
        home: address of the start page.
    """
    return _html("docs.html", api=openapi, operations=operations(openapi), markets=(), home=home)


def style_digest() -> str:
    """Return the style sheet's digest as a Content-Security-Policy names it: `sha256-...`."""
    return "sha256-" + base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()


def _html(template: str, **values: object) -> str:
    return _environment(html=True).get_template(template).render(style=_style(), **values)


@cache
def _style() -> Markup:
    text = resources.files("desk").joinpath("templates", "style.css").read_text(encoding="utf-8")
    return Markup(text)  # noqa: S704 (our own file)


@cache
def _environment(*, html: bool) -> Environment:
    environment = Environment(
        loader=PackageLoader("desk"),
        autoescape=html,  # noqa: S701 (Markdown has escaping of its own, by the filters below)
        undefined=StrictUndefined,
        trim_blocks=not html,
        keep_trailing_newline=True,
    )
    environment.filters["md"] = _markdown
    environment.filters["md_link"] = _markdown_link
    return environment


def _markdown(text: str) -> str:
    """Escape what Markdown or HTML in it would read as markup; line breaks become blanks."""
    return _MARKDOWN_SPECIAL.sub(r"\\\1", " ".join(text.split()))


def _markdown_link(link: str) -> str:
    """Keep an address inside `<...>`: no blanks, no angle brackets."""
    return re.sub(r"[\s<>]", lambda found: f"%{ord(found.group()):02X}", link)


__all__ = ["HOME", "Page", "Surroundings", "message_page", "to_html", "to_json", "to_markdown"]
