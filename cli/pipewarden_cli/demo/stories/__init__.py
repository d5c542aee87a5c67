"""The six stories. Each module holds one `STORY`; what it asserts is what on-call was promised."""
