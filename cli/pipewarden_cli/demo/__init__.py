"""The demo: six stories of failure and recovery on the embedded AWS, told as they happen and checked."""
