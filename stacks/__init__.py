"""The app's stacks: wiring only."""
