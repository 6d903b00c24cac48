"""The floor that knows peers, offers and waves. No Flask, no Firebase, no Redis, no phone.

Pure (values in, values out, `now` handed in):

- `states`    the states and the one table of steps; guards, documents and tests derive from it
- `events`    the facts, and the rule by which a reader applies them to a snapshot
- `errors`    what can be refused, by stable code
- `policy`    every number of the clock, validated, frozen onto the request
- `geo`       distances, travel time, the 1 km area
- `matching`  what a decision sees of peers, and the reasons against asking one
- `survey`    who can be asked, and in which order
- `bars`      what ends an open offer, and what no call can mend
- `deciding`  the one way in: what to do next about one request, by the policy's strategy
- `suits`     whom the person asked for goes first, by some minutes
- `waves`     by the policy's clock; and what the clock says to managers
- `simple`    two at a time, what `priced` falls back to
- `bridging`  whom to ask by video until somebody arrives: the same decision, in small steps
- `room_clock` what becomes of a video room that somebody left
- `knowledge` what has been learned, as a decision takes it

Rows:

- `models`    the tables, one module per noun
- `notes`     what a peer writes after a visit, and how they are: two more tables
- `help_calls` calls from a visit: a peer who is not safe, the nurse, a supervisor; one more table
- `needs`      for whom a visit calls, as everybody sees it
- `spells`    when each peer was available: the past of a duty; one more table
- `region`    whom a search looks at in a network too large to look at everybody; `near` the nearest
              of them, by index; `free` who of them could be asked; `cells` (pure) the hexagons that
              they are found by; `enough` (pure) whether that was far enough; `looks` all of it in steps
 - `rooms`     the room of a video visit and its two seats: two more tables
- `calls`     the telephone calls of a visit, without their numbers: one more table
- `peer_rows` the columns that a view of a peer is made from
- `bedside`   what the screen at a bedside is for now, from visit to visit of one request
- `access`    the gates: another network's rows do not exist
- `views`     rows into the values that a decision takes
- `familiar`  peers whom a person may have met before
- `queries`   rows into the values that the shapes take
- `journal`   the one way to write a fact
- `shapes`    rows into the JSON that the API promises
- `invariants` what must never be true, as checks

Folders with a map of their own:

- `prices`     asking by price: chances, costs, what is to be expected
- `recorded`   what was decided, why, and from what
- `learning`   how likely people say yes, learned from past offers
- `travel`     how long ways take, how sure that is, who is at the entrance
- `whatif`     what would have happened under a policy: the events of a run, and its numbers (pure)
- `talk`       messages within a visit: staff and peer, the person and the peer
- `previewing` a policy tried on a network's past: the queue and the doing

Doing:

- `actions`   what people do, one module per kind of person
- `engine`    the clock's turn: who is asked next
- `bridge`    video until somebody arrives: looked for, begun, relieved, ended
- `staying`   who handed over stays until the next is there: asked about, ended
- `ending`    what ends with a request
- `sweeper`   stale duty, forgotten visits, the alarms
"""
