"""Which language a headline is in, and whether a model that knows some languages should withhold it.

Use `foreign_language(text, tagger.languages)`, or `withheld_reason` for words. Headlines are short and full
of names and tickers, so a line counts as foreign only when that is sure: by its script, or when lingua
leaves English hardly a chance. Three steps, each dearer and asked only about what the one before left
open: the line's words (microseconds), lingua on trigrams (a tenth of a millisecond), lingua on all its
n-grams (half a millisecond, some 300 MB; loaded when the first such line comes).

It does not tell all relatives apart that share a script: Ukrainian is told from Russian, and Persian
and Urdu from Arabic, by letters of their own; Serbian counts as Russian, Marathi as Hindi, and in
Latin script a language that is not among `_LATIN` gets the name of the nearest one.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path

from lingua import IsoCode639_1, LanguageDetector, LanguageDetectorBuilder

_JUDGED_CHARACTERS = 600  # the head of a text is enough, and a page pasted into a title costs no more
_FEWEST_WORDS = 3  # below this a line in Latin script is a name or a ticker as often as a sentence
_LATIN = ("EN", "DE", "FR", "ES", "IT", "PT", "NL", "PL", "TR", "SV", "ID")
_PLAINLY_ENGLISH = 3  # points: one word that is English and hardly anything else, or three lesser ones
_MORE_ENGLISH = Path(__file__).with_name("english_words.txt")

# English's share by lingua below which a line is foreign: with more foreign small words than English
# ones, and without.
_DOUBT_WITH_FOREIGN_WORDS = 0.10
_DOUBT_WITHOUT = 0.02
_TRIGRAM_DOUBT = 0.20  # the rough step may only let lines go as English, so its doubt begins early
_KNOWN_SHARE = 0.10  # a known language with this share keeps its line

# Small and newsy words, in points. 3: English and hardly anything else.
_ENGLISH = """
the and with from after says said its their this that these those they will would could should may might
has have had are were been being not new out against amid ahead before about into than but what why
how when who which where while more most less first last next year years week month months today still
buy buys sell sells sold raise raises raised rise rises rose rising fall falls fell falling cut cuts cutting
higher lower lows highs up down gain gains gained drop drops dropped slip slips slide climb climbs jump
jumps surge surges soar soars plunge plunges tumble tumbles sink sinks rally rallies edge edges ease eases
hit hits see sees seek seeks takes take took gets get gives give makes make made keep keeps wins won
lose loses lost shows show say tell tells eyes mulls weigh weighs warn warns urge urges urged called
calls ask asks asked joins join joined posted reports reported beats beat misses boost boosts boosted
holds pays pay faces face fears fear hopes hope backs backed ends ended starts started opens opened closes
launches launched offers agrees agree agreed approve approves approved appoint appoints appointed affirm
affirms affirmed assigns assigned downgrade downgrades downgraded upgrades upgraded withdraws expects
expected earnings profits revenue revenues sales shares share stock stocks bonds yields rates growth
prices outlook forecasts forecast quarterly losses loss debt ratings bid deal deals stake stakes
results trade trades trading traders treasury treasuries jobs economy economic government court
police talks vote votes war wars house state street news wrapup key week's day days night
shareholder shareholders dividend percent billion billions chairman chief names named meeting company
companies firm firms maker makers units fund funds banks health food water airline airlines cars oil's
housing home homes mortgage mortgages taxes tariff tariffs lawsuit lawsuits fined merger mergers
buyout takeover issue issues notes two three four five six seven eight nine half third second
american british french german japanese italian spanish european indian russian greek turkish
israeli iranian iraqi african korean swiss dutch canadian australian mexican brazilian
killed dead death dies die kills attack attacks fire fight leader leaders election elections players
player team teamreport season coach game games study trial claims claim charges charged help helps
helped acquire acquires acquired completes completed announces announced declares declared revises
revised sign signs signed delays delayed moves moving review reviews secures secured warning warned
priced steady flat mixed soccer parent digest net income interview timeline instant schedule
"""
# 1: English, and a word, a loan or part of a name elsewhere too.
_ALSO_ENGLISH = """
over pct a an in on to of for by as at is it be was or no all if so he his her our you your we us off per via
can do does did now back old big top high low strong weak plan plans set post name open end start
bank group holding gas oil gold energy power update market markets dollar auto analysis preview exclusive
brief text source sources rating crude coal steel copper growth's bond profit price rate half-year one ten
air car house's bill law tax fine ipo unit board drug hold miss launch offer close call report press world
chinese business internet sport minister president million trillion quarter return test trend
"""
# -2: other languages in Latin script.
_FOREIGN = """
der das den dem des ein eine einer einen und ist nicht auf mit von zu zum zur bei nach aus wegen vor im
wird werden sich auch noch wie oder für über unter gegen durch mehr weniger aktie aktien
le la les l un une du et est sont dans pour sur avec par au aux ses son qui que pas plus leur en ce cette
d ne fait après contre
el los las del y con por para una su sus al tras entre como lo ya está hasta
il gli nel nella dello della delle dei degli dal dalla alla alle che e di è ed sul sulla non piu più
uno dopo verso tra fra sono
o os da dos das nos nas em um uma com ao à às pelo pela não são mais
het een van voor niet zijn maar naar door uit ook dan wordt meer tegen wil nog te
w z na nie się jest po od za przez dla przy pod oraz czy
ve ile için bir bu daha sonra göre yeni
och att det som är på av till från har inte ett med vid mot efter
og ikke af til fra vil blev
yang dari ke untuk pada dengan ini itu akan jadi tidak karena atas naik turun bagi dalam
"""
_POINTS: Mapping[str, int] = (
    dict.fromkeys(_FOREIGN.split(), -2)
    | dict.fromkeys(_ALSO_ENGLISH.split(), 1)
    | dict.fromkeys(_ENGLISH.split(), 3)
)
_WORD = re.compile(r"[^\W\d_]+")
_LETTERS = bytes(code if chr(code).isalpha() else 32 for code in range(128)) + bytes(128)  # others to spaces
_ARE_FOREIGN = frozenset(_FOREIGN.split())
# Scripts by the first word of their characters' Unicode names: the language, and how many Latin letters
# one of theirs is worth.
_SCRIPTS: Mapping[str, tuple[str, int]] = {
    "HIRAGANA": ("ja", 3), "KATAKANA": ("ja", 3), "HALFWIDTH": ("ja", 3),
    "HANGUL": ("ko", 3), "CJK": ("zh", 3),
    "CYRILLIC": ("ru", 1), "ARABIC": ("ar", 1), "DEVANAGARI": ("hi", 1), "BENGALI": ("bn", 1),
    "TAMIL": ("ta", 1), "TELUGU": ("te", 1), "GUJARATI": ("gu", 1), "THAI": ("th", 1),
    "MALAYALAM": ("ml", 1), "KANNADA": ("kn", 1), "GURMUKHI": ("pa", 1), "ORIYA": ("or", 1),
    "SINHALA": ("si", 1), "GREEK": ("el", 1), "HEBREW": ("he", 1), "GEORGIAN": ("ka", 1),
    "ARMENIAN": ("hy", 1), "MYANMAR": ("my", 1), "KHMER": ("km", 1), "LAO": ("lo", 1), "ETHIOPIC": ("am", 1),
}  # fmt: skip
# Letters by which a language is told from the one that gave its script its code above.
_OWN_LETTERS = (("ru", "uk", "іїєґ"), ("ar", "ur", "ٹڈڑےں"), ("ar", "fa", "پچژگ"))


def foreign_language(text: str, known: Collection[str]) -> str | None:
    """Return the language for which a model should not score a text; None if it may, or nobody can tell.

    Args:
        text: a headline, or a headline and its summary; plain text.
        known: ISO 639-1 codes of the model's languages, such as a tagger's `languages`.

    Returns:
        An ISO 639-1 code that is not among `known`.
    """
    shares = _shares(text)
    if not shares or sum(shares.get(code, 0.0) for code in known) >= _KNOWN_SHARE:
        return None
    return max(shares.keys() - set(known), key=lambda code: (shares[code], code))


def load_detectors() -> None:
    """Load now what is otherwise loaded at the first doubtful line: seconds that hold up every thread."""
    for exact in (False, True):
        _confidences("Ein Beispiel, aus dessen Wortteilen jede Länge vorkommt", exact=exact)


def withheld_reason(text: str, known: Collection[str]) -> str | None:
    """Say why a text should not be scored, in words; see `foreign_language`."""
    language = foreign_language(text, known)
    return language and f"language {language} is not among the model's ({', '.join(known)})"


def _shares(text: str) -> dict[str, float]:
    """Give the languages a text is surely in by their shares in [0, 1]; empty when nothing is sure."""
    text = text[:_JUDGED_CHARACTERS]
    if not text.isascii() and (language := _language_by_script(text)):
        return {language: 1.0}
    words = _words(text)
    return {"en": 1.0} if _is_english_throughout(words) else _weighed(text, words)


def _weighed(text: str, words: list[str]) -> dict[str, float]:
    """Weigh the line's small words against each other, then ask lingua."""
    english, foreign = _points(words)
    if english >= _PLAINLY_ENGLISH and english > foreign:
        return {"en": 1.0}
    if len(words) < _FEWEST_WORDS or _confidences(text, exact=False).get("en", 0.0) >= _TRIGRAM_DOUBT:
        return {}
    shares = _confidences(text, exact=True)
    if not any(shares.values()):  # not one letter of a language that lingua was asked about
        return {}
    doubt = _DOUBT_WITH_FOREIGN_WORDS if foreign > english else _DOUBT_WITHOUT
    return shares if shares.get("en", 0.0) < doubt else {}


def _words(text: str) -> list[str]:
    if text.isascii():  # the same words, several times as fast
        return text.lower().encode().translate(_LETTERS).decode().split()
    return _WORD.findall(text.lower())


def _is_english_throughout(words: list[str]) -> bool:
    """True for enough points by the long list of English words and not a word against it."""
    if not _ARE_FOREIGN.isdisjoint(words) or not "".join(words).isascii():
        return False
    points, enough = _long_list()
    return not enough.isdisjoint(words) or sum(filter(None, map(points.get, words))) >= _PLAINLY_ENGLISH


@cache
def _long_list() -> tuple[dict[str, int], frozenset[str]]:
    """Read the points of English words, here and in `english_words.txt`; and the words that have enough."""
    points = {word: value for word, value in _POINTS.items() if value > 0}
    for line in _MORE_ENGLISH.read_text(encoding="ascii").splitlines():
        value, colon, words = line.partition(": ")
        if colon and value.isdigit():
            points |= dict.fromkeys(words.split(), int(value))
    return points, frozenset(word for word, value in points.items() if value >= _PLAINLY_ENGLISH)


def _points(words: list[str]) -> tuple[int, int]:
    """Add up a line's points for English and against it."""
    english = foreign = 0
    for word in words:
        points = _POINTS.get(word, 0)
        if points > 0:
            english += points
        elif points:
            foreign -= points
        elif not word.isascii():
            foreign += 1  # an accent in a name costs an English line nothing: lingua has the last word
    return english, foreign


def _language_by_script(text: str) -> str | None:
    """Name the language by the script that most of the text is in; None for Latin and for no letters."""
    weights: Counter[str] = Counter()
    latin = 0
    for character in text:
        if not character.isalpha():
            continue
        script = "LATIN" if character.isascii() else unicodedata.name(character, "").partition(" ")[0]
        if script in _SCRIPTS:
            language, weight = _SCRIPTS[script]
            weights[language] += weight
        else:
            latin += 1
    if weights.total() <= latin:
        return None
    language = "ja" if "ja" in weights else weights.most_common(1)[0][0]
    relatives = (
        own for of, own, letters in _OWN_LETTERS if of == language and any(c in text for c in letters)
    )
    return next(relatives, language)


def _confidences(text: str, *, exact: bool) -> dict[str, float]:
    """Ask lingua for the shares of the languages in Latin script, each in [0, 1]."""
    values = _detector(exact=exact).compute_language_confidence_values(text)
    return {value.language.iso_code_639_1.name.lower(): value.value for value in values}


@cache
def _detector(*, exact: bool) -> LanguageDetector:
    codes = (getattr(IsoCode639_1, code) for code in _LATIN)
    builder = LanguageDetectorBuilder.from_iso_codes_639_1(*codes)
    return (builder if exact else builder.with_low_accuracy_mode()).build()
