"""Stories: what people do, read from top to bottom, with a clock that is fast-forwarded."""
