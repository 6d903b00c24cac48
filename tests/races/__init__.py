"""Many at once against a real database: who wins, what the others hear, and that nothing else is heard.

`ALONGSIDE_RACE_ROUNDS=1000` runs every race that often; the default keeps the suite short.
"""
