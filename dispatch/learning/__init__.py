"""What is learned of how people answer, and what anybody may see and correct of it.

- `versions`    the table of what was learned, and the one that holds now
"""
