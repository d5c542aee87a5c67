"""What kind of failure an error message tells of."""

import pytest

from pipewarden.error_pattern import ErrorPattern
from pipewarden.failure import classify, shared_rows
from pipewarden.registry import technologies
from pipewarden.run import Run
from tests.failures.labelled import messages

TRACEBACK = """Traceback (most recent call last):
  File "/tmp/job.py", line 12, in <module>
    rows = fetch(url, timeout=30)  # 503 Service Unavailable is retried
  File "/tmp/job.py", line 7, in fetch
    raise ValueError("row 17: amount is 'abc'")
ValueError: row 17: amount is 'abc'
"""
CHAINED = """Traceback (most recent call last):
  File "job.py", line 3, in read
    raise HTTPError(url, 503, "Service Unavailable", {}, None)
urllib.error.HTTPError: HTTP Error 503: Service Unavailable

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "job.py", line 9, in <module>
    raise RuntimeError("extract failed")
RuntimeError: extract failed
"""

TRANSIENT = [
    ("glue-job", "", "HTTPError: HTTP Error 503: Service Unavailable"),
    ("glue-job", "", "urllib.error.HTTPError: HTTP Error 429: Too Many Requests"),
    ("glue-job", "", CHAINED),
    ("glue-job", "", "ConcurrentRunsExceededException: Concurrent runs exceeded for customer-import-extract"),
    ("glue-job", "", "Internal service error : Please retry your request"),
    ("glue-job", "", "Resource unavailable"),
    ("glue-job", "", "The specified security token included in the request is expired (ExpiredTokenException)"),
    ("glue-job", "", "An error occurred while calling o93.pyWriteDynamicFrame. Slow Down (Service: Amazon S3; 503)"),
    ("glue-job", "", "ResourceNumberLimitExceededException: limit of concurrent jobs reached"),
    ("glue-job", "", "ConnectionResetError: [Errno 104] Connection reset by peer"),
    (
        "glue-job",
        "",
        "requests.exceptions.ConnectionError: ('Connection aborted.', RemoteDisconnected('Remote end closed'))",
    ),
    ("glue-job", "", "socket.gaierror: [Errno -3] Temporary failure in name resolution"),
    ("glue-job", "", "ValueError: source answered HTTP 503"),
    ("glue-job", "", "psycopg2.errors.DeadlockDetected: deadlock detected"),
    ("glue-job", "", "org.apache.iceberg.exceptions.CommitFailedException: metadata location has changed"),
    ("glue-job", "", "ExecutorLostFailure (executor 4 exited): Spot instance termination"),
    ("glue-job", "", 'botocore.exceptions.EndpointConnectionError: Could not connect to the endpoint URL: "https://x"'),
    ("glue-job", "", "Communications link failure. The last packet sent was 10 ms ago"),
    ("step-functions", "Lambda.TooManyRequestsException", "Rate Exceeded. (Service: Lambda, Status Code: 429)"),
    ("step-functions", "Lambda.ServiceException", ""),
    ("step-functions", "Lambda.SdkClientException", "Unable to execute HTTP request"),
    (
        "step-functions",
        "Lambda.Unknown",
        "The cause could not be determined because Lambda did not return an error type.",
    ),
    ("step-functions", "Glue.ConcurrentRunsExceededException", ""),
    ("step-functions", "States.TaskFailed", "ConnectionError: HTTP status 502 from source"),
    ("step-functions", "SourceUnavailable", "the CRM answered 503 Service Unavailable"),
    ("lambda", "", "EventAgeExceeded"),
    ("lambda", "ReadTimeoutError", "Read timed out. (read timeout=5)"),
    (
        "lambda",
        "ClientError",
        "An error occurred (ThrottlingException) when calling the PutItem operation: Rate exceeded",
    ),
    ("lambda", "ProvisionedThroughputExceededException", "The level of configured provisioned throughput is exceeded"),
    ("lambda", "OperationalError", "FATAL: too many connections for role"),
    ("lambda", "ClientError", "An error occurred (ExpiredToken): The provided token has expired."),
    ("step-functions", "States.TaskFailed", "Host EC2 (instance i-1) terminated: node lost after SIGTERM"),
    ("lambda", "InternalServerError", "We encountered an internal error. Please try again."),
]

DETERMINISTIC = [
    ("glue-data-quality", "", "2 of 12 rules failed\nUniqueness \"customer_id\" > 0.99: Value: 0.97 timed out"),
    ("glue-job", "", TRACEBACK),
    ("glue-job", "", "ValueError: malformed row 3: expected 4 fields, saw 6"),
    ("glue-job", "", "ValueError: invalid literal for int() with base 10: '503'"),
    ("glue-job", "", "KeyError: 'timeout'"),
    ("glue-job", "", "ModuleNotFoundError: No module named 'pandas'"),
    ("glue-job", "", "SyntaxError: invalid syntax (job.py, line 3)"),
    ("glue-job", "", "json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)"),
    ("glue-job", "", "UnicodeDecodeError: 'utf-8' codec can't decode byte 0xe9 in position 0"),
    ("glue-job", "", "AnalysisException: Column 'custmer_id' does not exist"),
    ("glue-job", "", "Table customers not found in database silver"),
    ("glue-job", "", "failed to execute with exception Role arn:aws:iam::123456789012:role/Glue should be given assume "
     "role permissions for Glue Service."),
    ("glue-job", "", "VPC S3 endpoint validation failed for SubnetId: subnet-1"),
    ("glue-job", "", "At least one security group must open all ingress ports"),
    ("glue-job", "", "An error occurred (AccessDenied) when calling the GetObject operation: Access Denied"),
    ("glue-job", "", "botocore.errorfactory.NoSuchKey: The specified key does not exist."),
    ("glue-job", "", "FileNotFoundError: [Errno 2] No such file or directory: 'x.csv'"),
    ("glue-job", "", "psycopg2.errors.UniqueViolation: duplicate key value violates unique constraint"),
    ("glue-job", "", "pandas.errors.ParserError: Error tokenizing data. C error: Expected 4 fields in line 3, saw 5"),
    ("glue-job", "", "ssl.SSLCertVerificationError: certificate verify failed: self-signed certificate"),
    ("glue-job", "", "password authentication failed for user loader"),
    ("step-functions", "States.Runtime", "Invalid path '$.customers'"),
    ("step-functions", "States.DataLimitExceeded", "The state returned a result with a size exceeding the maximum"),
    ("step-functions", "States.Permissions", ""),
    ("step-functions", "States.NoChoiceMatched", ""),
    ("step-functions", "States.TaskFailed", "KeyError: 'id'"),
    ("step-functions", "KeyError", "'connection reset'"),
    ("lambda", "Runtime.ImportModuleError", "Unable to import module 'index': No module named 'requests'"),
    ("lambda", "Runtime.HandlerNotFound", "index.handler is undefined or not exported"),
    ("lambda", "TypeError", "Cannot read properties of undefined (reading 'timeout')"),
    ("lambda", "ValidationException", "One or more parameter values were invalid: Timeout must be positive"),
    ("lambda", "ClientError", "An error occurred (AccessDeniedException) when calling Invoke: not authorized"),
    ("lambda", "ParamValidationError", "Parameter validation failed: Missing required parameter in input"),
    ("lambda", "RequestTooLarge", "RequestTooLargeException"),
]  # fmt: skip

RESOURCE = [
    ("lambda", "OSError", "[Errno 28] No space left on device"),
    ("glue-job", "", "Command failed with exit code 10"),
    ("glue-job", "", "Lost executor 5 on 10.0.0.1: Container killed by YARN for exceeding memory limits"),
    ("glue-job", "", "java.lang.OutOfMemoryError: Java heap space"),
    ("glue-job", "", "OSError: [Errno 28] No space left on device"),
    ("lambda", "Runtime.ExitError", "RequestId: 1 Error: Runtime exited with error: signal: killed"),
    ("lambda", "MemoryError", ""),
    ("lambda", "ServiceQuotaExceededException", "quota exceeded for resource"),
]

UNKNOWN = [
    ("glue-job", "", "Job run timed out"),
    ("glue-job", "", "java.net.UnknownHostException: crm.example.com"),
    ("step-functions", "States.Timeout", ""),
    ("lambda", "Sandbox.Timedout", "RequestId: 1 Error: Task timed out after 3.00 seconds"),
    ("glue-job", "", "Command failed with exit code 1"),
    ("glue-job", "", ""),
    (
        "step-functions",
        "States.ExceedToleratedFailureThreshold",
        "The specified tolerated failure threshold was exceeded",
    ),
    ("step-functions", "CustomerRejected", "3 of 10"),
    ("lambda", "", "Unhandled"),
]


def _tail(text: str) -> str:
    return " ".join(text.split())[-60:]


CASES = [
    pytest.param(name, error_name, error, expected, id=f"{expected}: {_tail(f'{error_name} {error}')}")
    for expected, rows in (
        ("transient", TRANSIENT),
        ("deterministic", DETERMINISTIC),
        ("resource", RESOURCE),
        ("unknown", UNKNOWN),
    )
    for name, error_name, error in rows
]  # fmt: skip


@pytest.mark.parametrize(("type_", "error_name", "error", "expected"), CASES)
def test_the_words_of_an_error_decide_its_class(type_: str, error_name: str, error: str, expected: str) -> None:
    run = Run(run_id="run", state="failed", error_name=error_name, error=error)
    found = classify(technologies()[type_], run)
    assert found.failure_class == expected, found.reason


def test_there_are_enough_messages_to_tell_the_classes_apart() -> None:
    assert len(CASES) >= 60


@pytest.mark.parametrize("row", shared_rows(), ids=lambda row: row.id)
def test_every_shared_row_decides_about_some_message(row: ErrorPattern) -> None:
    runs = [
        (case.values[0], Run(run_id="r", state="failed", error_name=case.values[1], error=case.values[2]))
        for case in CASES
    ]
    told = [Run(run_id="r", state="failed", error_name=m.error_name, error=m.message) for m in messages("tuning")]
    assert any(classify(technologies()[str(name)], run).pattern == row.id for name, run in runs) or any(
        classify(None, run).pattern == row.id for run in told
    )


def test_the_reason_quotes_the_line_that_decided() -> None:
    found = classify(technologies()["glue-job"], Run(run_id="r", state="failed", error=CHAINED))
    assert found.reason == 'the error says "urllib.error.HTTPError: HTTP Error 503: Service Unavailable"'
    assert (found.confidence, found.pattern) == ("medium", "server-answered-5xx")
    assert found.explanation == f"{found.reason} (pattern server-answered-5xx, medium confidence)"


def test_a_long_line_is_shortened_around_the_words_that_decided() -> None:
    run = Run(run_id="r", state="failed", error="x" * 5_000 + " connection reset by peer " + "y" * 5_000)
    found = classify(technologies()["glue-job"], run)
    assert "connection reset by peer" in found.reason
    assert len(found.reason) < 120


@pytest.mark.parametrize(
    ("type_", "word", "expected"),
    [
        ("glue-job", "TIMEOUT", "unknown"),
        ("step-functions", "TIMED_OUT", "unknown"),
        ("glue-job", "FAILED", "unknown"),
    ],
)
def test_a_run_without_words_is_judged_by_its_state(type_: str, word: str, expected: str) -> None:
    found = classify(technologies()[type_], Run(run_id="r", state="failed", word=word))
    assert found.failure_class == expected


def test_what_a_technology_says_itself_is_more_certain_than_what_all_share() -> None:
    found = classify(technologies()["step-functions"], Run(run_id="r", state="failed", error_name="States.Permissions"))
    assert (found.confidence, found.failure_class) == ("certain", "deterministic")
