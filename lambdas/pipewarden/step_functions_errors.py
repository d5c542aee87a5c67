"""What the errors of executions mean, as rows."""

from pipewarden.error_pattern import ErrorPattern

ERROR_NAMES = "https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html"
ERRORS = (
    ErrorPattern(
        r"lambda\.(serviceexception|awslambdaexception|sdkclientexception|toomanyrequestsexception"
        r"|clientexecutiontimeoutexception|unknown)|glue\.concurrentrunsexceededexception",
        "transient",
        "A service that the state machine called was busy or unreachable. Add a Retry to that state as well.",
        id="sfn-service-call",
        ground="name",
        source=ERROR_NAMES,
    ),
    ErrorPattern(
        r"states\.(heartbeat)?timeout\b",
        "unknown",
        "A state took longer than its limit. If it happens again, look at the slow state before raising the limit.",
        id="sfn-timeout",
        ground="flag",
        source=ERROR_NAMES,
    ),
    ErrorPattern(
        r"states\.datalimitexceeded",
        "deterministic",
        "A state's input or output is over 256 KiB. Pass a reference to S3 instead of the data.",
        id="sfn-data-limit",
        ground="flag",
        source=ERROR_NAMES,
    ),
    ErrorPattern(
        r"states\.permissions",
        "deterministic",
        "The state machine's role may not do what the failed state does. Extend the role.",
        id="sfn-permissions",
        ground="flag",
        source=ERROR_NAMES,
    ),
    ErrorPattern(
        r"states\.(runtime|parameterpathfailure|resultpathmatchfailure|nochoicematched|intrinsicfailure"
        "|queryevaluationerror|itemreaderfailed|resultwriterfailed)",
        "deterministic",
        "The definition does not fit this input. Correct the definition and start a new execution: a redrive "
        "keeps the old one.",
        id="sfn-definition",
        ground="flag",
        source=ERROR_NAMES,
    ),
    ErrorPattern(
        r"states\.exceedtoleratedfailurethreshold",
        "unknown",
        "Too many items of a map failed. Open the map run: the items tell the cause.",
        id="sfn-map-threshold",
        ground="flag",
        source=ERROR_NAMES,
    ),
)
