"""Lambda entry points: event in, clients made, core called. The only place that creates boto3 clients."""
