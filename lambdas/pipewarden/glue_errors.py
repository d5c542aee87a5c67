"""What the errors of Glue jobs mean, as rows.

Glue sorts errors into categories (`Error Category: QUERY_ERROR; ...`), and its troubleshooting page heads each section
with the words of an error; which of them a further run can cure is our judgement.
"""

from pipewarden.error_pattern import ErrorPattern

TROUBLESHOOTING = "https://docs.aws.amazon.com/glue/latest/dg/glue-troubleshooting-errors.html"
EXCEPTIONS = "https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-exceptions.html"
CATEGORIES = "https://docs.aws.amazon.com/glue/latest/dg/monitor-observability.html"
ERRORS = (
    ErrorPattern(
        "error category: (out_of_memory|disk_no_space)",
        "resource",
        "Use a larger worker type or more workers; the same size will fail again.",
        id="glue-category-size",
        ground="flag",
        source=CATEGORIES,
    ),
    ErrorPattern(
        "error category: (throttling|launch|glue_internal_service|glue_operation_timeout)_error",
        "transient",
        "Glue itself was busy or failed.",
        id="glue-category-service",
        ground="flag",
        source=CATEGORIES,
    ),
    ErrorPattern(
        "error category: (query|syntax|compilation|import|invalid_argument|permission|resource_not_found"
        "|resources_already_exists|unsupported_operation|glue_validation|glue_job_bookmark_version_mismatch)",
        "deterministic",
        "Glue says that the job itself is wrong. Correct its code, its arguments or its permissions.",
        id="glue-category-code",
        ground="flag",
        source=CATEGORIES,
    ),
    ErrorPattern(
        r"command failed with exit code 10\b|out of memory|container killed by yarn for"
        "|no space left on device",
        "resource",
        "Use a larger worker type or more workers; the same size will fail again.",
        id="glue-too-small",
        ground="message",
        source=TROUBLESHOOTING,
    ),
    ErrorPattern(
        "resource ?unavailable|insufficient capacity|no capacity|lost executor"
        "|executorlostfailure.{0,200}(spot|preempt)",
        "transient",
        "Glue had no workers for the moment. Nothing to mend unless it happens often: then use another hour or class.",
        id="glue-no-workers",
        ground="message",
        source=TROUBLESHOOTING,
    ),
    ErrorPattern(
        "concurrent ?runs ?exceeded|resourcenumberlimitexceeded|max concurrent runs",
        "transient",
        "Another run was going on, or the account's limit of runs was reached. Raise MaxConcurrentRuns or spread runs.",
        id="glue-too-many-runs",
        ground="name",
        source=EXCEPTIONS,
    ),
    ErrorPattern(
        "internal ?service ?(error|exception)|launch error|glue_internal_service_error",
        "transient",
        "Glue itself failed.",
        id="glue-fault",
        ground="name",
        source=EXCEPTIONS,
    ),
    ErrorPattern(
        "expired ?token|token (has expired|is expired|expired)|security token .{0,60} expired",
        "transient",
        "The run outlived its credentials. A new run gets new ones; shorten the run if it happens again.",
        id="glue-credentials",
        ground="message",
        source=TROUBLESHOOTING,
    ),
    ErrorPattern(
        "should be given assume role permissions|not authorized to perform: (iam:passrole|sts:assumerole)",
        "deterministic",
        "Let glue.amazonaws.com assume the job's role (its trust policy).",
        id="glue-role",
        ground="message",
        source=TROUBLESHOOTING,
    ),
    ErrorPattern(
        "vpc s3 endpoint validation failed|could not find s3 endpoint or nat gateway",
        "deterministic",
        "Give the connection's subnet an S3 gateway endpoint or a NAT gateway.",
        id="glue-no-endpoint",
        ground="message",
        source=TROUBLESHOOTING,
    ),
    ErrorPattern(
        "at least one security group must open all ingress ports",
        "deterministic",
        "Add a rule to the connection's security group that lets in all TCP from itself.",
        id="glue-security-group",
        ground="message",
        source=TROUBLESHOOTING,
    ),
    ErrorPattern(
        "the specified subnet does not exist|unauthorized to perform: ec2:describe"
        r"|describe\w{1,40} action is unauthorized|connection .{0,80} not found",
        "deterministic",
        "Correct the job's connection or the role's permission to describe its network.",
        id="glue-connection",
        ground="message",
        source=TROUBLESHOOTING,
    ),
    ErrorPattern(
        "(table|view|column|database|partition).{0,80}(not found|does not exist|cannot be resolved)|analysisexception",
        "deterministic",
        "Compare the job's query with the catalog: a name changed or a crawl is missing.",
        id="glue-catalog",
        ground="message",
        source=TROUBLESHOOTING,
    ),
    ErrorPattern(
        "glue_job_bookmark_version_mismatch|bookmark.{0,60}version mismatch",
        "deterministic",
        "Two runs wrote the bookmark at once. Set MaxConcurrentRuns to 1 or reset the bookmark.",
        id="glue-bookmark",
        ground="message",
        source=TROUBLESHOOTING,
    ),
)
