"""Repairs: runbooks, plans, guards, actions, and the proof that they helped."""
