"""What was seen: every run saved as one file in the user's data folder."""
