"""What a team has decided not to be told again until a day: known, owned by somebody, and never silently gone."""

import re
from datetime import UTC, date, datetime, time
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, ConfigDict, Field, RootModel, StringConstraints, model_validator

from nornir_hygiene.models.frozen import Frozen

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_FORMS = "a day such as 2026-12-31, or a time with its zone such as 2026-12-31T18:00:00Z"
_Word = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


def _kinds(given: object) -> object:
    if not given or not isinstance(given, str | list | tuple):
        raise ValueError("must be a kind or a list of kinds")
    return (given,) if isinstance(given, str) else given


def _moment(given: object) -> object:
    """A bare day is good until it ends in UTC."""
    if not isinstance(given, str):
        return given
    try:
        if _DAY.fullmatch(given):
            return datetime.combine(date.fromisoformat(given), time.max, UTC)
        moment = datetime.fromisoformat(given)
        return moment.astimezone(UTC) if moment.tzinfo else _refuse(given)
    except (ValueError, OverflowError):
        return _refuse(given)


def _refuse(given: str) -> object:
    raise ValueError(f"{given!r} is not {_FORMS}")


_Kinds = Annotated[tuple[_Word, ...], BeforeValidator(_kinds, json_schema_input_type=_Word | tuple[_Word, ...])]
_Day = Annotated[datetime, BeforeValidator(_moment, json_schema_input_type=date | datetime)]


def _say_whom(schema: dict[str, Any]) -> None:
    schema["anyOf"] = [{"required": ["host"]}, {"required": ["group"]}]


class SuppressionEntry(Frozen):
    """One entry of `suppressions.yaml`: which findings do not count for now, why, who answers for that, until when."""

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_extra=_say_whom)

    kind: _Kinds = Field(min_length=1, description="one kind or a list of them, exactly as `nr explain` names them")
    host: _Word = Field("", description="a host, or a pattern of shell wildcards such as ceph-*; * is every host")
    group: _Word = Field("", description="a group of the inventory; with host: the hosts of both only")
    subject: _Word = Field("", description="a pattern for the subject as reports write it, such as device rbd*")
    reason: _Word = Field(description="why it may stay for now")
    owner: _Word = Field(description="who answers for it")
    expires: _Day = Field(description="the last day in UTC, or a time with its zone")

    @model_validator(mode="after")
    def _says_whom(self) -> Self:
        if not self.host and not self.group:
            raise ValueError('neither host nor group is given; every host is host: "*"')
        return self


class SuppressionFile(RootModel[tuple[SuppressionEntry, ...]]):
    """All of `suppressions.yaml`: a list of entries."""


class Suppression(SuppressionEntry):
    """An entry and the place it stands at: file and line."""

    where: str = ""


class Suppressed(Frozen):
    """Why a finding does not count: who said so, until when, and where that is written (file and line)."""

    reason: str
    owner: str
    expires_at: datetime
    where: str = ""


class ExpiredSuppression(Frozen):
    """One whose day is over: what it hid is told again, and the line should go. `what` repeats it in short."""

    what: str
    reason: str
    owner: str
    expires_at: datetime
    where: str = Field("", description="file and line")
