"""A REST API of API Gateway, by what it counts: requests, server errors and how long they take.

Metrics: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html.
As an average, `5XXError` is the part of the requests that failed.
"""

from pipewarden import request_alarms
from pipewarden.alarm_rule import AlarmRule, Requests
from pipewarden.technology import Technology, Widget

NAMESPACE = "AWS/ApiGateway"
DIMENSIONS = {"ApiName": "$(api)"}
SOURCE = "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html"
MANY_ERRORS = 0.05

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
        AlarmRule(
            key="errors",
            meaning="More than one request in twenty ends with a server error.",
            first_steps=(
                "Compare 5XXError with IntegrationLatency: does what stands behind the API fail, or take too long?",
                "Look at what was deployed before the first error.",
            ),
            namespace=NAMESPACE,
            metric="5XXError",
            dimensions=DIMENSIONS,
            statistic="Average",
            comparison=">",
            threshold=MANY_ERRORS,
            periods=3,
            datapoints=2,
            source=SOURCE,
            unit="",
        ),
        AlarmRule(
            key="latency",
            meaning="The slowest requests take longer than declared.",
            first_steps=(
                "Compare Latency with IntegrationLatency: the difference is API Gateway's own.",
                "Look for a slow call behind the API: a database, another API, a cold start.",
            ),
            namespace=NAMESPACE,
            metric="Latency",
            dimensions=DIMENSIONS,
            statistic="p99",
            comparison=">",
            threshold="latency.p99",
            periods=3,
            datapoints=2,
            source=SOURCE,
            unit="Milliseconds",
        ),
        *request_alarms.ALARMS,
    ),
    widgets=(
        Widget(
            title="$(resource): requests",
            metrics=(
                (NAMESPACE, "Count", DIMENSIONS, "SampleCount", "requests"),
                (NAMESPACE, "5XXError", DIMENSIONS, "Sum", "server errors"),
                (NAMESPACE, "4XXError", DIMENSIONS, "Sum", "client errors"),
            ),
            unit="Count",
        ),
        Widget(
            title="$(resource): latency",
            metrics=(
                (NAMESPACE, "Latency", DIMENSIONS, "p99", "p99"),
                (NAMESPACE, "Latency", DIMENSIONS, "p90", "p90"),
                (NAMESPACE, "Latency", DIMENSIONS, "p50", "median"),
            ),
            unit="Milliseconds",
        ),
    ),
    diagnostics=(
        Widget(
            title="$(resource): latency of what stands behind",
            metrics=((NAMESPACE, "IntegrationLatency", DIMENSIONS, "p99", "p99"),),
            unit="Milliseconds",
        ),
    ),
    console="https://$(region).$(console)/apigateway/main/apis?region=$(region)",
)
