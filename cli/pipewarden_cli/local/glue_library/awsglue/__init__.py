"""The part of AWS Glue's library that Python shell scripts use on the embedded AWS."""
