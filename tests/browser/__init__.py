"""The screens in a real Chromium, against a real server process."""
