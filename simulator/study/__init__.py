"""The yardstick: one made-up state, and how well a policy asks in it beside one that knows all."""
