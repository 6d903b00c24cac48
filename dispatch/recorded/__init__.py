"""What was decided, why, and from what.

Pure:

- `because`    a reason as codes and numbers, and the sentence that is made of them
- `why`        a priced decision, and who was nearer and not asked
- `plainly`    values into plain JSON and back
- `recording`  a decision with all that it was made from, as bytes, and decided again

Rows:

- `decisions`  the table, and what of it is forgotten when
"""
