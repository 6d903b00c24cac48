"""How long it takes to get there, how sure that is, and when somebody seems to be there.

Pure:

- `minutes` seconds on the road to one site at one hour, with their spread
- `trips`   what the network's own trips say of that
- `content` that as it is kept, checked
- `near`    whether a phone is at the entrance

Rows:

- `known`     the roads to one site now, with what trips taught
- `arrival`   when somebody would be at the site from where they are now
- `roads`     what a router said of ways, kept by cells of a kilometre
- `calibrate` the chore that learns from trips
"""
