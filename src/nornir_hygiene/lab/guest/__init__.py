"""Programs that run inside the lab's hosts, on the host's own Python and its standard library alone."""
