"""Lambda consumer of the order events: writes each order down once; needs the orders table to be reachable."""

import json
import os

import boto3

TABLE = boto3.client("dynamodb")


def write_down(order):
    amount = float(order["amount"])
    item = {"id": {"S": f"order-{order['order']}"}, "amount": {"N": str(amount)}}
    TABLE.put_item(TableName=os.environ["TABLE"], Item=item)


def handler(event, _context):
    switch = TABLE.get_item(TableName=os.environ["TABLE"], Key={"id": {"S": "database"}}, ConsistentRead=True)
    if switch.get("Item", {}).get("state", {}).get("S") == "down":
        raise ConnectionError("orders database refuses connections")
    failed = []
    for record in event["Records"]:
        try:
            write_down(json.loads(record["body"]))
        except ValueError as error:
            print(f"{record['messageId']}: {error}")
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}
