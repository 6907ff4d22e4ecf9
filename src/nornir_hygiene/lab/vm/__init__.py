"""Hosts of the lab with a kernel of their own: virtual machines, where a shared kernel can show nothing or too much."""
