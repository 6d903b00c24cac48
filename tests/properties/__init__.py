"""State machines that do anything in any order, and look after each step whether it still holds."""
