"""Which alarms and resources call people for nothing, and what to do about it."""
