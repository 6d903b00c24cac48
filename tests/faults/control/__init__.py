"""The control: guards broken on purpose, one at a time; the suite must notice.

Map:

- `guards`    the guards: where each stands, how it is broken, which tests must fail then
- `bench`     a copy of the project in which one guard is broken, and the tests run in it
- `__main__`  `bin/faults --control`
"""
