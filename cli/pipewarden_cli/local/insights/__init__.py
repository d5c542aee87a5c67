"""CloudWatch Logs Insights over events in memory: the query language as far as saved queries and dashboards use it.

Pure: text and events in, rows out. "CloudWatch Logs Insights language query syntax" in the CloudWatch Logs user guide.
"""
