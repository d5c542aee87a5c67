"""From a plan to CloudFormation resources. Loops, no decisions."""
