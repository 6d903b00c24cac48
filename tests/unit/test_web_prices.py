"""The numbers of a price on the page are those of the type, with its own words."""

from dispatch.prices.pricing import Pricing
from server.web import words
from server.web.pages import prices


def test_every_number_has_its_default_its_bounds_and_the_reason_of_the_type() -> None:
    spoken = words.Words("en")
    found = {one["name"]: one for one in prices.listed()}
    assert list(found) == list(Pricing.model_fields)
    for name, field in Pricing.model_fields.items():
        one = found[name]
        assert one["default"] == field.default
        assert one["least"] <= one["default"] <= one["most"]
        assert field.description is not None
        assert spoken(f"w_why_{name}") == " ".join(field.description.split())
    assert found["at_once"]["is_whole"]
    assert found["yes_chance"]["is_open"]
    assert [found[name]["unit"] for name in ("ask_min", "review_s", "at_once", "no_share")] == [
        "min",
        "s",
        "peers",
        "share",
    ]
