"""A `Pace` as it is kept, and back: checked on the way in and on the way out. Pure.

What does not keep to its limits, or is too old, is not used; then the policy's own speed holds.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dispatch.travel.minutes import LEAST, MOST, Density, Hour, Pace, Way

GOOD_FOR = timedelta(days=60)
"""Roads change slowly; but what nobody has learned anew for so long is not believed."""

AHEAD = timedelta(days=1)
"""A version from further in the future than this was made by a wrong clock."""

Ratio = Annotated[float, Field(ge=LEAST, le=MOST, allow_inf_nan=False)]
Seconds = Annotated[float, Field(ge=0.0, le=3600.0, allow_inf_nan=False)]


class Content(BaseModel):
    """The JSON of one version."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    trips: Annotated[int, Field(ge=0, le=10**9)]
    ratio: Ratio
    ways: dict[Way, Ratio]
    hours: dict[Hour, Ratio]
    densities: dict[Density, Ratio]
    sites: dict[str, Ratio]
    low: Annotated[float, Field(ge=0.2, le=1.0, allow_inf_nan=False)]
    high: Annotated[float, Field(ge=1.0, le=5.0, allow_inf_nan=False)]
    prepare_s: Seconds | None
    park_s: Seconds | None
    routed: Ratio


def kept(pace: Pace) -> dict[str, Any]:
    """A pace as JSON."""
    return Content(**vars(pace)).model_dump(mode="json")


def read(content: Mapping[str, Any], made_at: datetime, now: datetime) -> Pace | None:
    """The pace of a version; None when it cannot be believed."""
    if not -AHEAD <= now - made_at <= GOOD_FOR:
        return None
    try:
        checked = Content.model_validate(content)
    except ValidationError:
        return None
    return Pace(**dict(checked))
