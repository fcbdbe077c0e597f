"""Text of a feed to plain text: tags out, entities decoded, whitespace and control characters set right."""

from __future__ import annotations

import html
import re
import unicodedata

from bs4 import BeautifulSoup

MAX_TITLE_CHARS = 500
MAX_SUMMARY_CHARS = 2_000  # whole articles come as summaries; the encoder reads far less than this
MAX_MARKUP_CHARS = 50_000  # enough markup for any summary; parsing more would only cost time

_BLOCKS = (
    "address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "figcaption", "figure",
    "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "ol", "p", "pre", "section",
    "table", "td", "th", "tr", "ul",
)  # fmt: skip
_UNSEEN = ("head", "iframe", "noscript", "object", "script", "style", "svg", "template", "title")
_INLINE = (
    "a", "abbr", "acronym", "audio", "b", "base", "bdi", "bdo", "big", "body", "button", "caption",
    "center", "cite", "code", "col", "colgroup", "data", "del", "details", "dfn", "em", "embed", "font",
    "form", "html", "i", "img", "input", "ins", "kbd", "label", "link", "main", "map", "mark", "meta",
    "nav", "param", "picture", "q", "s", "samp", "small", "source", "span", "strike", "strong", "sub",
    "summary", "sup", "tbody", "tfoot", "thead", "time", "tt", "u", "var", "video", "wbr",
)  # fmt: skip
_TAGS = "|".join(sorted({*_BLOCKS, *_UNSEEN, *_INLINE}, key=len, reverse=True))
_TAG = re.compile(rf"</?(?:{_TAGS})(?=[\s/>])|<!--|<!\[CDATA\[", re.IGNORECASE)
_BLOCK = re.compile(rf"</?(?:{'|'.join(sorted(_BLOCKS, key=len, reverse=True))})(?=[\s/>])", re.IGNORECASE)
# A '<' that begins no whole tag is text. Escaping it also keeps html.parser from its worst case: tags left
# open cost it time that grows with the square of their number.
_NO_TAG = re.compile(
    rf"""<(?!/?(?:{_TAGS})(?=[\s/>])(?:(?:[^<>"']|"[^">]*"|'[^'>]*')*|[^<>]*)>)""", re.IGNORECASE
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_ROUNDS = 3  # feeds encode twice now and then, never more than that


def plain_text(markup: str, limit: int = MAX_SUMMARY_CHARS) -> str:
    """Plain text of HTML, of text, or of either encoded once more than it should be.

    `<` and `&` that begin no tag and no entity stay what they are ('S&P < 4000').
    Longer text is cut at a word and ends in '…'; `limit` is in characters.
    """
    text = markup[:MAX_MARKUP_CHARS]
    for _ in range(_ROUNDS):
        if not (_TAG.search(text) or _ENTITY.search(text)):
            break
        text = _without_tags(text)
    return shortened(_tidy(text), limit)


def shortened(text: str, limit: int) -> str:
    """At most `limit` characters, cut at a word where there is one."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    at_word = cut.rsplit(" ", 1)[0]
    return (at_word if len(at_word) > limit // 2 else cut).rstrip() + "…"


def first_words(text: str, words: int = 12) -> str:
    """The beginning of a text, to stand for a title that is missing."""
    parts = text.split(" ")
    beginning = " ".join(parts[:words]) + ("…" if len(parts) > words else "")
    return shortened(beginning, 120)


def _without_tags(text: str) -> str:
    text = _without_comments(text.replace("<![CDATA[", "").replace("]]>", ""))
    if not _TAG.search(text):
        # With its semicolon only: html.unescape alone would read '&para' in a plain address.
        return _ENTITY.sub(lambda entity: html.unescape(entity[0]), text)
    soup = BeautifulSoup(_BLOCK.sub(r" \g<0>", _NO_TAG.sub("&lt;", text)), "html.parser")
    for unseen in soup.find_all(_UNSEEN):
        unseen.decompose()
    return soup.get_text()


def _without_comments(text: str) -> str:
    # By hand: the parsers take time that grows with the square of the number of comments left open.
    first, *rest = text.split("<!--")
    return first + "".join(part.partition("-->")[2] if "-->" in part else part for part in rest)


def _tidy(text: str) -> str:
    """NFC, no control, format or bidi characters, single spaces."""
    text = unicodedata.normalize("NFC", text)
    if not text.isprintable():
        text = "".join(_kept(character) for character in text)
    return " ".join(text.split())


def _kept(character: str) -> str:
    if character.isprintable():
        return character
    if character.isspace():
        return " "
    # Joiners carry meaning in Indic scripts and emoji; other format characters only hide or reorder text.
    return character if character in "\u200c\u200d" else ""
