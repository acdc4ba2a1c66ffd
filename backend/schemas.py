"""What the API takes and gives, checked and documented by the same lines.

Requests are strict: no unknown members, no numbers that are text, no text that shows nothing.
"""

import re
import unicodedata
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StringConstraints,
    model_validator,
)
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

MAX_OPTIONS = 20
DISTINCT: JsonDict = {"uniqueItems": True}  # for the document; the validators see more
LONGEST_POLL = timedelta(days=3650)

RFC_3339 = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)


def one_line(value: Any) -> Any:
    """Text as it is kept: composed (NFC), each run of white space one blank, none at the ends."""
    if not isinstance(value, str):
        return value
    text = " ".join(unicodedata.normalize("NFC", value).split())
    if any(unicodedata.category(letter) == "Cc" for letter in text):
        raise PydanticCustomError("control_character", "Text must hold no control characters")
    if text and not any(letter.isprintable() and letter != " " for letter in text):
        raise PydanticCustomError("invisible", "Text must show something")
    return text


def compared(label: str) -> str:
    """The form in which two labels are the same to a reader."""
    return unicodedata.normalize("NFC", label.casefold())


def all_distinct(labels: list[str]) -> list[str]:
    """Refuse labels that differ in nothing a reader sees."""
    if len({compared(label) for label in labels}) < len(labels):
        raise PydanticCustomError("not_distinct", "Options must be distinct")
    return labels


def each_once(choices: list[int]) -> list[int]:
    """Choices in the order of the options, each named once."""
    if len(set(choices)) < len(choices):
        raise PydanticCustomError("repeated", "Each option may be chosen once")
    return sorted(choices)


def rfc_3339(value: Any) -> Any:
    """Only text with date, time and offset; pydantic alone would take numbers and more forms."""
    if value is None or (isinstance(value, str) and RFC_3339.fullmatch(value)):
        return value
    raise PydanticCustomError(
        "rfc_3339", "Must be a date and time with an offset, as 2030-01-31T18:00:00Z"
    )


def ahead(moment: datetime | None) -> datetime | None:
    """Refuse moments that are past, or so far ahead that they must be a mistake.

    In UTC: RFC 3339 has offsets that Postgres has not.
    """
    if moment is not None and not timedelta(0) < moment - datetime.now(UTC) <= LONGEST_POLL:
        raise PydanticCustomError("not_ahead", "Must be in the future, by ten years at most")
    return moment and utc(moment)


def last(value: Any) -> Any:
    """Of a parameter that stands in an address more than once."""
    return value[-1] if isinstance(value, list) else value


def utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


Timestamp = Annotated[datetime, AfterValidator(utc)]
Question = Annotated[
    str, StringConstraints(strict=True, min_length=1, max_length=300), BeforeValidator(one_line)
]
Label = Annotated[
    str, StringConstraints(strict=True, min_length=1, max_length=100), BeforeValidator(one_line)
]
Visibility = Literal["always", "voted", "closed"]
OptionId = Annotated[StrictInt, Field(ge=1, le=MAX_OPTIONS)]
ClosesAt = Annotated[datetime | None, BeforeValidator(rfc_3339), AfterValidator(ahead)]


class Request(BaseModel):
    """A body that a client sends."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Creation(BaseModel):
    """What may be said in the headers of a request that creates a poll."""

    # As long as a UUID without its dashes, so that nobody hits upon another's.
    idempotency_key: Annotated[str, StringConstraints(pattern=r"^[!-~]{32,200}$")] = Field(
        default_factory=str,
        alias="Idempotency-Key",
        description=(
            "A secret of the client's own, drawn at random for this poll. Who has had no answer "
            "sends the same request again, and is answered the same poll with the same manage_key"
        ),
    )


class NewPoll(Request):
    """A poll to create."""

    question: Question
    options: Annotated[
        list[Label],
        Field(min_length=2, max_length=MAX_OPTIONS, json_schema_extra=DISTINCT),
        AfterValidator(all_distinct),
    ]
    multiple: StrictBool = Field(False, description="Whether a voter may choose several options")
    closes_at: ClosesAt = Field(None, description="When the poll closes by itself (RFC 3339)")
    results: Visibility = Field(
        "always", description="Who sees the count: everyone, who voted, or everyone once closed"
    )


class PollPatch(Request):
    """A change to a poll: one of the members, or both."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    # A factory: the document is not to tell of a default, since what is not named does not change.
    closed: StrictBool = Field(
        default_factory=bool, description="false reopens, and forgets a closes_at that is past"
    )
    closes_at: ClosesAt = Field(
        None, description="When the poll closes by itself, which reopens one that has; null: never"
    )

    @model_validator(mode="after")
    def _something(self) -> Self:
        """Refuse a change that changes nothing."""
        if not self.model_fields_set:
            raise PydanticCustomError("empty", "Name what is to change: closed or closes_at")
        return self


class Viewing(BaseModel):
    """What may be said by whoever asks for results."""

    key: Annotated[str, BeforeValidator(last)] = Field(
        "", description="The viewing key, which shows a count that is still hidden"
    )


class NewBallot(Request):
    """A vote: one option, or several where the poll allows it."""

    choices: Annotated[
        list[OptionId],
        Field(min_length=1, max_length=MAX_OPTIONS, json_schema_extra=DISTINCT),
        AfterValidator(each_once),
    ]


class Option(BaseModel):
    """One of a poll's answers."""

    id: int
    label: str


class Poll(BaseModel):
    """A poll as everyone may see it."""

    id: str
    question: str
    options: list[Option]
    multiple: bool
    closes_at: Timestamp | None
    closed: bool
    created_at: Timestamp
    results: Visibility


class CreatedPoll(Poll):
    """A poll just created, with the key that manages it, shown this once."""

    manage_key: str


class ViewingKey(BaseModel):
    """What shows the count while it is hidden from others."""

    viewing_key: str


class Ballot(BaseModel):
    """The voter's own choices; empty before the first vote.

    `viewing_key` shows who voted a count that others do not see yet; null where there is no need.
    """

    choices: list[int]
    viewing_key: str | None


class OptionResult(Option):
    """An option and how many ballots chose it; null while that is hidden."""

    votes: int | None


class Results(BaseModel):
    """The count, as of a moment; while it is `hidden`, only how many ballots there are."""

    ballots: int
    hidden: bool
    options: list[OptionResult]
    closed: bool
    closes_at: Timestamp | None
    as_of: Timestamp


class Bucket(BaseModel):
    """What came in during one stretch of time; `votes` is one number an option, in their order."""

    start: Timestamp
    ballots: int
    votes: list[int]


class Timeline(BaseModel):
    """Votes over time, in at most 200 adjoining buckets of `bucket_seconds` each.

    None while the count is `hidden`.
    """

    hidden: bool

    until: Timestamp = Field(description="Now, or when the poll was closed; no vote came later")
    bucket_seconds: int
    options: list[Option]
    buckets: list[Bucket]


class DatabaseStatus(BaseModel):
    """The database as this instance sees it; all null but `available` where it is away."""

    available: bool
    version: str | None
    latency_ms: float | None
    schema_revision: str | None


class TrafficBucket(BaseModel):
    """The requests of one stretch of time that were answered by the app, and its errors."""

    start: Timestamp
    requests: int = Field(ge=0, description="Answered, with whatever status")
    errors: int = Field(ge=0, description="Those of them that were answered 5xx")


class Traffic(BaseModel):
    """What reached this instance's app in the last ten minutes, over all of its workers.

    What Nginx answers by itself, pages and cached results, does not reach it; /api/status is left
    out. It begins anew with the instance.
    """

    bucket_seconds: int
    buckets: list[TrafficBucket] = Field(
        description="Adjoining, oldest first; the last one is still being filled"
    )


class Status(BaseModel):
    """Which instance answers, of which release, and on which database.

    What the host does not tell is null: release, region and instance.
    """

    release: str | None
    region: str | None
    instance: str | None
    started_at: Timestamp
    as_of: Timestamp = Field(description="Now, by the clock that gave started_at")
    driver: str
    database: DatabaseStatus
    traffic: Traffic | None = Field(description="null where it cannot be counted")


class InvalidField(BaseModel):
    """One thing wrong with a request; `field` is a path such as `options.1`."""

    field: str
    message: str


class Problem(BaseModel):
    """An error, after RFC 9457; `type` is stable."""

    type: str
    title: str
    status: int
    detail: str | None = None


class ValidationProblem(Problem):
    """An error with the fields that caused it."""

    errors: list[InvalidField]
