"""The one parent of every model: made once, never changed, no unknown field."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """A value. Copies, not mutation."""

    model_config = ConfigDict(frozen=True, extra="forbid")
