"""What no schema can say: one file per subject, each check a generator of findings."""
