"""The plan as a tree for people: built as plain data, then printed."""
