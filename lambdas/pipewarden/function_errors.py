"""What the errors of Lambda functions mean, as rows."""

from pipewarden.error_pattern import ErrorPattern

INVOKE_ERRORS = "https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_Errors"
ERRORS = (
    ErrorPattern(
        r"task timed out after|sandbox\.timedout",
        "unknown",
        "The function ran into its timeout. If it happens again, look for the slow call before raising the limit.",
        id="lambda-timeout",
        ground="message",
        source=INVOKE_ERRORS,
    ),
    ErrorPattern(
        "eventageexceeded|toomanyrequestsexception|ec2throttledexception|enilimitreached|resourcenotready"
        "|resourceconflictexception",
        "transient",
        "Lambda had no room to run it. Look at the function's reserved concurrency and at the account's limit.",
        id="lambda-no-room",
        ground="name",
        source=INVOKE_ERRORS,
    ),
    ErrorPattern(
        r"runtime\.exiterror.{0,200}(signal: killed|out of memory)|signal: killed"
        r"|memory size.{0,60}max memory used|runtime\.outofmemory",
        "resource",
        "Give the function more memory; the same size will fail again.",
        id="lambda-memory",
        ground="message",
        source=INVOKE_ERRORS,
    ),
    ErrorPattern(
        r"runtime\.(importmoduleerror|handlernotfound|usercodesyntaxerror|invalidentrypoint"
        "|malformedhandlername)",
        "deterministic",
        "The package does not fit its handler or runtime. Deploy a corrected package.",
        id="lambda-package",
        ground="name",
        source=INVOKE_ERRORS,
    ),
    ErrorPattern(
        "invalidrequestcontent|requesttoolarge|recursiveinvocationexception|kms(disabled|accessdenied|notfound)",
        "deterministic",
        "Lambda refuses this invocation as it is. Correct the payload or the function's settings.",
        id="lambda-refused",
        ground="name",
        source=INVOKE_ERRORS,
    ),
)
