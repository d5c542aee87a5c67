"""The post-mortem document of one incident: drafted from its record, finished by people."""
