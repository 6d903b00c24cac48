"""What is learned of how people answer, and what anybody may see and correct of it.

Pure (values in, values out):

- `counting`    what a past offer counts as: a yes, a no, silence, or nothing
- `silence`     what silence says: nothing at first, almost a no in the end
- `fitting`     a logistic regression, by Newton's method
- `answers`     past offers into a model of the chance of a yes, checked on its latest fifth
- `model`       such a model as it is kept and as a decision asks it
- `calibration` what was said beside what came, and how evenly asks are spread

Rows:

- `versions`    the table of what was learned
- `current`     the version that holds now, and why when none does
- `offered`     the columns of an offer that say what it counts as
- `history`     past offers, as learning sees them
- `training`    the chore that learns anew
- `said`        the chances that were said when people were asked, beside what came
- `loads`       asks, visits and chances of groups of peers, for managers
- `kept`        what is kept about one peer, for that peer
"""
