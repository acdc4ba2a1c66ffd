"""The bodies of the API's requests and responses; pydantic validates and documents them.

Requests are strict: no unknown fields, no numbers as strings, no invisible text.
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
DISTINCT: JsonDict = {"uniqueItems": True}  # for the document; the validators are stricter
LONGEST_POLL = timedelta(days=3650)

RFC_3339 = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)


def one_line(value: Any) -> Any:
    """Normalise text: composed (NFC), each run of white space as one space, none at the ends."""
    if not isinstance(value, str):
        return value
    text = " ".join(unicodedata.normalize("NFC", value).split())
    if any(unicodedata.category(letter) == "Cc" for letter in text):
        raise PydanticCustomError("control_character", "Text must not contain control characters")
    if text and not any(letter.isprintable() and letter != " " for letter in text):
        raise PydanticCustomError("invisible", "Text must contain a visible character")
    return text


def compared(label: str) -> str:
    """The form in which labels are compared: case-insensitive and composed (NFC)."""
    return unicodedata.normalize("NFC", label.casefold())


def all_distinct(labels: list[str]) -> list[str]:
    """Reject labels that look the same."""
    if len({compared(label) for label in labels}) < len(labels):
        raise PydanticCustomError("not_distinct", "Options must be distinct")
    return labels


def each_once(choices: list[int]) -> list[int]:
    """Sort the choices, and reject repeated ones."""
    if len(set(choices)) < len(choices):
        raise PydanticCustomError("repeated", "Each option may be chosen once")
    return sorted(choices)


def rfc_3339(value: Any) -> Any:
    """Accept only date, time and offset; pydantic alone would accept numbers and other formats."""
    if value is None or (isinstance(value, str) and RFC_3339.fullmatch(value)):
        return value
    raise PydanticCustomError(
        "rfc_3339", "Must be a date and time with an offset, such as 2030-01-31T18:00:00Z"
    )


def ahead(moment: datetime | None) -> datetime | None:
    """Reject times in the past or too far in the future. Returns the time in UTC.

    RFC 3339 allows offsets that Postgres does not support.
    """
    if moment is not None and not timedelta(0) < moment - datetime.now(UTC) <= LONGEST_POLL:
        raise PydanticCustomError("not_ahead", "Must be in the future, by ten years at most")
    return moment and utc(moment)


def last(value: Any) -> Any:
    """The last value of a query parameter that is repeated."""
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
    """The body of a request."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Creation(BaseModel):
    """The headers of a request that creates a poll."""

    # At least as long as a UUID without its dashes, so that keys cannot be guessed.
    idempotency_key: Annotated[str, StringConstraints(pattern=r"^[!-~]{32,200}$")] = Field(
        default_factory=str,
        alias="Idempotency-Key",
        description=(
            "A random secret that the client generates for this poll. A client that gets no "
            "response sends the same request again, and gets the same poll with the same manage_key"
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
    results_visibility: Visibility = Field(
        "always",
        alias="results",
        description="Who may see the results: everyone, voters, or everyone once it is closed",
    )


class PollPatch(Request):
    """A change to a poll, with at least one of the fields."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    # A factory, so that the document shows no default: fields that are not sent do not change.
    closed: StrictBool = Field(
        default_factory=bool,
        description="false reopens the poll, and sets a closes_at that has passed to null",
    )
    closes_at: ClosesAt = Field(
        None,
        description="When the poll closes by itself; reopens one that has closed; null: never",
    )

    @model_validator(mode="after")
    def _require_a_field(self) -> Self:
        """Reject a change without fields."""
        if not self.model_fields_set:
            raise PydanticCustomError("empty", "Send at least one of: closed, closes_at")
        return self


class Viewing(BaseModel):
    """The query parameters of a request for results."""

    key: Annotated[str, BeforeValidator(last)] = Field(
        "", description="The viewing key, which shows results that are still hidden"
    )


class NewBallot(Request):
    """A vote: one option, or several if the poll allows it."""

    choices: Annotated[
        list[OptionId],
        Field(min_length=1, max_length=MAX_OPTIONS, json_schema_extra=DISTINCT),
        AfterValidator(each_once),
    ]


class Option(BaseModel):
    """An option of a poll."""

    id: int
    label: str


class Poll(BaseModel):
    """The public data of a poll."""

    model_config = ConfigDict(validate_by_name=True, serialize_by_alias=True)

    id: str
    question: str
    options: list[Option]
    multiple: bool
    closes_at: Timestamp | None
    closed: bool
    created_at: Timestamp
    results_visibility: Visibility = Field(alias="results")


class CreatedPoll(Poll):
    """A new poll with its manage key, which is shown only once."""

    manage_key: str


class ViewingKey(BaseModel):
    """The key that shows results that are still hidden."""

    viewing_key: str


class Ballot(BaseModel):
    """The voter's own choices; empty before the first vote.

    `viewing_key` shows the results to voters if only voters may see them; otherwise null.
    """

    choices: list[int]
    viewing_key: str | None


class OptionResult(Option):
    """An option and the number of its votes, null while it is hidden."""

    votes: int | None


class Results(BaseModel):
    """The results at the time `as_of`; while they are `hidden`, only the number of ballots."""

    ballots: int
    hidden: bool
    options: list[OptionResult]
    closed: bool
    closes_at: Timestamp | None
    as_of: Timestamp


class Bucket(BaseModel):
    """The votes in one interval; `votes` has one number per option, in their order."""

    start: Timestamp
    ballots: int
    votes: list[int]


class Timeline(BaseModel):
    """Votes over time, in at most 200 consecutive buckets of `bucket_seconds` each.

    There are no buckets while the results are `hidden`.
    """

    hidden: bool

    until: Timestamp = Field(description="Now, or when the poll was closed")
    bucket_seconds: int
    options: list[Option]
    buckets: list[Bucket]


class DatabaseStatus(BaseModel):
    """The database as seen by this instance; all fields but `available` are null if it is away."""

    available: bool
    version: str | None
    latency_ms: float | None
    schema_revision: str | None


class TrafficBucket(BaseModel):
    """The requests that the app answered in one interval, and its errors."""

    start: Timestamp
    requests: int = Field(ge=0, description="All responses")
    errors: int = Field(ge=0, description="Responses with status 5xx")


class Traffic(BaseModel):
    """The requests that reached this instance's app in the last ten minutes, in all its workers.

    Pages and cached responses, which Nginx serves, and requests for /api/status do not count.
    The numbers start at zero with the instance.
    """

    bucket_seconds: int
    buckets: list[TrafficBucket] = Field(
        description="Consecutive, oldest first; the last one is incomplete"
    )


class Status(BaseModel):
    """The instance that answers, its release and its database.

    Release, region and instance are null if the host does not provide them.
    """

    release: str | None
    region: str | None
    instance: str | None
    started_at: Timestamp
    as_of: Timestamp = Field(description="Now, by the same clock as started_at")
    driver: str
    database: DatabaseStatus
    traffic: Traffic | None = Field(description="null if requests cannot be counted")


class InvalidField(BaseModel):
    """An error in one field of a request; `field` is a path such as `options.1`."""

    field: str
    message: str


class Problem(BaseModel):
    """An error (RFC 9457); `type` is stable."""

    type: str
    title: str
    status: int
    detail: str | None = None


class ValidationProblem(Problem):
    """An error with the fields that caused it."""

    errors: list[InvalidField]
