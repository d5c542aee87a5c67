"""One module per command: SUMMARY, `add_arguments` and `run`. What is heavy is imported inside `run`."""
