"""The fault runner: real processes under a light load, one fault at a time, then every promise is checked.

Map:

- `faults`    what can be done to whom: failpoints times acts, and the weather between processes
- `cluster`   what runs: SQLite and one process, or PostgreSQL, Redis, two web workers, two dispatchers
- `crew`      the people in its database, and their tokens
- `door`      calls that are insisted on, and what was promised by their answers
- `load`      what the people do during one fault
- `follower`  a nurse's socket that must end with the truth, whatever it missed
- `late`      how late due work got, sampled from the rows
- `verdict`   what must be true afterwards
- `episode`   one fault from its making to its verdict
- `report`    the table, the file that a later run goes on with
- `__main__`  `bin/faults`
"""
