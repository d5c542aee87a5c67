"""What on-call would have seen: stories, incidents and inboxes, as plain text and as one self-contained HTML page."""
