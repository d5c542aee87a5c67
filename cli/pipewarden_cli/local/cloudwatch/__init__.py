"""CloudWatch alarms of the embedded AWS, decided by the project's own evaluator."""
