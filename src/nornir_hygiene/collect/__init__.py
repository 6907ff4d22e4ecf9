"""The probe, and what turns its bytes into a Snapshot or a NotObserved."""
