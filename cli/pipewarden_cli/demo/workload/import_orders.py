"""Glue Python shell job: read a CSV from S3, check every row, convert amounts at today's rates, write the result."""

import csv
import io
import json
import sys
import urllib.request

import boto3


def read_orders(text):
    for number, row in enumerate(csv.DictReader(io.StringIO(text)), start=2):
        try:
            yield {"order": row["order"], "currency": row["currency"], "amount": float(row["amount"])}
        except (TypeError, ValueError):
            raise ValueError(
                f"line {number}: amount {row['amount']!r} is not a number (order {row['order']})"
            ) from None


def fetch_rates(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.load(answer)


def main():
    arguments = dict(zip(sys.argv[1::2], sys.argv[2::2], strict=False))
    s3 = boto3.client("s3")
    bucket, source, target = arguments["--bucket"], arguments["--source"], arguments["--target"]
    print(f"reading s3://{bucket}/{source}")
    text = s3.get_object(Bucket=bucket, Key=source)["Body"].read().decode()
    orders = list(read_orders(text))
    print(f"{len(orders)} orders are valid; fetching rates")
    rates = fetch_rates(arguments["--rates"])
    lines = [json.dumps({**order, "usd": round(order["amount"] * rates[order["currency"]], 2)}) for order in orders]
    s3.put_object(Bucket=bucket, Key=target, Body="\n".join(lines).encode())
    print(f"wrote {len(lines)} rows to s3://{bucket}/{target}")


if __name__ == "__main__":
    main()
