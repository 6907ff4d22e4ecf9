"""Many hosts at once: selection, a runner with deadlines, and the ways to reach a host."""
