"""Parts of the plan as CloudFormation resources: plain mappings by logical id, no CDK."""
