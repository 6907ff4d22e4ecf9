"""Text of one source to values: pure, strict and total. Any bytes give values or a count of refused lines."""
