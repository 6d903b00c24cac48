"""The long races: so many yeses at one instant that a guard which fails once in a thousand is found.

Map:

- `plan`       what a race is, and which races a batch has: a number means the same ones for ever
- `field`      the rows they are run on, put in and taken away in bulk
- `acts`       what one call does; and the naive yes that looks first and writes then
- `line`       processes and threads that begin at the same instant
- `ground`     a database with all of that: a batch from its rows to its verdict
- `door`       the same races over HTTP, at two web processes
- `verdict`    what must be true afterwards
- `stage`      what runs for those who come over sockets
- `follower`   a page that follows, is cut off again and again, and must have missed nothing
- `reconnects` many of them, and what their streams say in the end
- `report`     the table, the file that a later run goes on with
- `sitting`    which batch is next, and who plays it beside whom
- `__main__`   `bin/races`
"""
