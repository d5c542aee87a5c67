"""What each role may do with the environment's key."""

from collections.abc import Mapping

from pipewarden.names import Names
from pipewarden_plan.planned_function import KEY, StatementPlan

KEY_SERVICES: Mapping[str, tuple[str, ...]] = {
    "responder": ("dynamodb", "s3", "secretsmanager", "sns", "sqs"),
    "drainer": ("dynamodb", "s3", "sqs"),
    "escalator": ("dynamodb", "s3", "secretsmanager", "sns", "sqs"),
    "acknowledge": ("dynamodb", "secretsmanager"),
    "probe": ("sqs",),
    "reconciler": ("dynamodb", "sqs"),
    "scheduler": ("sqs",),
}
"""What each role uses that the environment's key encrypts; SQS also holds what Lambda could not hand to a function."""
ONLY_DECRYPTING = ("dynamodb", "secretsmanager")
"""Whoever calls has the table's own key, or the secret's, decrypted; new keys are made for messages and objects."""


def key(names: Names, role: str) -> tuple[StatementPlan, ...]:
    """The environment's key, through the services that the role uses and never directly; nothing where it uses none."""
    suffix = "amazonaws.com.cn" if names.partition == "aws-cn" else "amazonaws.com"
    services = [f"{service}.{names.region}.{suffix}" for service in KEY_SERVICES.get(role, ())]
    if not services:
        return ()
    writes = any(service not in ONLY_DECRYPTING for service in KEY_SERVICES[role])
    return (
        StatementPlan(
            sid="Key",
            reason=f"{', '.join(KEY_SERVICES[role])}: what is kept there is encrypted with the environment's key",
            actions=("kms:Decrypt", *(("kms:GenerateDataKey",) if writes else ())),
            resources=(KEY,),
            conditions={"StringEquals": {"kms:ViaService": services}},
        ),
    )
