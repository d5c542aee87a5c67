"""The embedded AWS: an AWS API server on loopback, its gaps filled, and the library that starts and ends it."""
