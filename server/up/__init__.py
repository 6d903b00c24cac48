"""`python -m server up`: the processes of the `Procfile` on one machine, kept running.

- `procfile`    what the file says, how many of each, how long to wait before another try: pure
- `child`       one process: started, its lines passed on under its name, told to stop
- `supervisor`  all of them: release first, restarts, a stop in which everything is finished

A library was looked at: honcho runs a Procfile, but ends everything as soon as one process ends. What
is wanted at night is the opposite, so these few lines are ours.
"""
