"""What Lambda receives: signals, decisions, remediation. No YAML, no CDK; boto3 only in `handlers`."""
