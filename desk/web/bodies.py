"""What requests and answers of the API look like; FastAPI makes the OpenAPI document of these."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag

from desk.texts import encodable


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


def _clean(value: object) -> object:
    return encodable(value) if isinstance(value, str) else value


Text = Annotated[str, BeforeValidator(_clean)]


class TagTexts(_Strict):
    """Texts to tag: headlines, or headlines with their summaries."""

    texts: Annotated[list[Text], Field(min_length=1, examples=[["Fed holds rates as inflation cools"]])]


class TagHeadline(_Strict):
    """A headline to tag, with its summary."""

    title: Annotated[Text, Field(min_length=1)]
    summary: Text = ""


def _shape(body: object) -> str:
    return "headlines" if isinstance(body, list) else "texts"


# By the body's shape, so that an error tells of the one shape that was meant.
TagRequest = Annotated[
    Annotated[TagTexts, Tag("texts")] | Annotated[list[TagHeadline], Tag("headlines"), Field(min_length=1)],
    Discriminator(_shape),
]


class Tagged(BaseModel):
    """One text's answer: causes at or above threshold, strongest first, or the reason why it was withheld."""

    causes: list[str]
    intensities: dict[str, float] | None
    error: str | None


class TagAnswer(BaseModel):
    """Answers in the order of the texts."""

    model_version: str
    thresholds: dict[str, float]
    results: list[Tagged]


class Passage(_Strict):
    """A longer text to tag, such as an article."""

    text: Annotated[
        Text, Field(min_length=1, examples=["Chip makers fell for a third day. Yields rose again."])
    ]


class Sentence(BaseModel):
    """A sentence of it, characters `start` to `end`, as it is read there; strongest cause first."""

    start: int
    end: int
    text: str
    causes: list[str]
    intensities: dict[str, float]


class PassageAnswer(BaseModel):
    """Its causes, the one that it leans on most first, and its sentences; or why it was withheld."""

    causes: list[str]
    intensities: dict[str, float] | None
    sentences: list[Sentence]
    error: str | None
    model_version: str


class HeadlineAnswer(BaseModel):
    """A headline with its intensities; `session` is set where one was asked for."""

    id: str
    title: str
    summary: str
    link: str | None
    source: str
    market: str
    published_at: datetime
    published_quality: str
    timezone: str
    first_seen_at: datetime
    language: str
    causes: list[str]
    intensities: dict[str, float]
    session: str | None


class HeadlinesAnswer(BaseModel):
    """Headlines, newest first; `next_cursor` asks for the ones after them, null at the end."""

    model_version: str
    headlines: list[HeadlineAnswer]
    next_cursor: str | None


class LedgerHealth(BaseModel):
    """How much the ledger holds."""

    headlines: int
    revisions: int
    sources: int
    last_headline: datetime | None


class Health(BaseModel):
    """Whether the server can answer, and from what; `waiting` texts wait for the model."""

    status: str
    model_version: str
    waiting: int
    ledger: LedgerHealth


class Problem(BaseModel):
    """An error: what went wrong, and what to do about it."""

    error: str
    remedy: str


PROBLEMS: dict[int | str, dict[str, Any]] = {
    404: {"model": Problem, "description": "No such market, session or page"},
    422: {"model": Problem, "description": "The request cannot be used"},
    503: {"model": Problem, "description": "The ledger or the prices cannot be read"},
}


def refusals(bound: str) -> dict[int | str, dict[str, Any]]:
    """Describe what a route that takes a body may answer besides; the setting `bound` is what may wait."""
    return {
        408: {"model": Problem, "description": "The body did not come in time"},
        413: {"model": Problem, "description": "The body is too large"},
        503: {
            "model": Problem,
            "description": (
                f"More is waiting for the model than the settings allow (`server.{bound}`), "
                "or too much is being sent at once"
            ),
            "headers": {
                "Retry-After": {
                    "description": "Seconds after which to send it again",
                    "schema": {"type": "integer", "minimum": 1},
                }
            },
        },
    }
