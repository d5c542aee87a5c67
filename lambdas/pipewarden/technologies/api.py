"""A REST API of API Gateway, by what it counts: requests, server errors and how long they take.

Metrics: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html.
As an average, `5XXError` is the part of the requests that failed.
"""

from functools import partial

from pipewarden import request_alarms
from pipewarden.alarm_rule import AlarmRule, Requests
from pipewarden.graph import graph
from pipewarden.technology import Technology

NAMESPACE = "AWS/ApiGateway"
DIMENSIONS = {"ApiName": "$(api)"}
SOURCE = "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html"
MANY_ERRORS = 0.05
_alarm = partial(
    AlarmRule, namespace=NAMESPACE, dimensions=DIMENSIONS, source=SOURCE, comparison=">", periods=3, datapoints=2
)
_graph = partial(graph, NAMESPACE, DIMENSIONS)

TECHNOLOGY = Technology(
    type="api",
    title="REST API",
    summary="A REST API of API Gateway, by its requests: server errors, latency, and a target with its error budget.",
    example={
        "type": "api",
        "api": "orders-api-$(env)",
        "expect": {"slo": {"target": "99.9%"}, "latency": {"p99": "3s"}},
    },
    fields={"api": {"$ref": "#/$defs/name", "description": "Name of the API, as API Gateway shows it."}},
    required=("api",),
    identity="api",
    arn="",
    expectations={
        "latency": {
            "type": "object",
            "description": "How long answers take.",
            "additionalProperties": False,
            "required": ["p99"],
            "properties": {
                "p99": {"$ref": "#/$defs/duration", "description": "All but one request in a hundred take less."},
            },
        },
        **request_alarms.EXPECTATIONS,
    },
    requests=Requests(
        namespace=NAMESPACE, dimensions=DIMENSIONS, total=("Count", "SampleCount"), bad=("5XXError", "Sum")
    ),
    alarms=(
        _alarm(
            key="errors",
            meaning="More than one request in twenty ends with a server error.",
            first_steps=(
                "Compare 5XXError with IntegrationLatency: does what stands behind the API fail, or take too long?",
                "Look at what was deployed before the first error.",
            ),
            metric="5XXError",
            statistic="Average",
            threshold=MANY_ERRORS,
            unit="",
        ),
        _alarm(
            key="latency",
            meaning="The slowest requests take longer than declared.",
            first_steps=(
                "Compare Latency with IntegrationLatency: the difference is API Gateway's own.",
                "Look for a slow call behind the API: a database, another API, a cold start.",
            ),
            metric="Latency",
            statistic="p99",
            threshold="latency.p99",
            unit="Milliseconds",
        ),
        *request_alarms.ALARMS,
    ),
    widgets=(
        _graph(
            "requests",
            "Count",
            ("Count", "SampleCount", "requests"),
            ("5XXError", "Sum", "server errors"),
            ("4XXError", "Sum", "client errors"),
        ),
        _graph(
            "latency",
            "Milliseconds",
            ("Latency", "p99", "p99"),
            ("Latency", "p90", "p90"),
            ("Latency", "p50", "median"),
        ),
    ),
    diagnostics=(_graph("latency of what stands behind", "Milliseconds", ("IntegrationLatency", "p99", "p99")),),
    console="https://$(region).$(console)/apigateway/main/apis?region=$(region)",
)
