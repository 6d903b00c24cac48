"""A policy tried on a network's past: the queue, what is read, and the doing.

- `previews`  the table: what was asked for, how far it is, what came out
- `past`      rows into the past that a replay takes
- `trying`    one preview, claimed and played

What is played, and how, is pure: `dispatch.whatif`.
"""
