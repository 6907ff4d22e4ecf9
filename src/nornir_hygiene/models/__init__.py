"""The vocabulary: what was seen (snapshot), what was concluded (finding), what a run says (report)."""
