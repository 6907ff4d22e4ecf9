"""A month of a fleet: 200 hosts audited every 15 minutes, made by mutating what real hosts answered (README.md)."""
