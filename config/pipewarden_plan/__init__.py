"""From YAML to a plan: parse, validate, resolve, plan. No CDK, no AWS, no clock."""
