"""Evaluates CloudWatch alarms, metric math, composite rules and mute rules: no AWS, no clock, no I/O."""
