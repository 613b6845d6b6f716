"""A service that takes its instrumentation from the pack, and does as the test tells it to."""

import asyncio
import itertools
import os
import pathlib

from fastapi import FastAPI, HTTPException
from observability import bind, logger, metrics, observe

# Of errors that are the same, Sentry reports the first.
FAILURES = itertools.count(1)
TROUBLE = pathlib.Path(os.environ["TROUBLE"])

api = FastAPI()


def trouble() -> str:
    return TROUBLE.read_text().strip() if TROUBLE.exists() else ""


@api.get("/orders/{number}")
async def order(number: int) -> dict:
    bind(user_id=f"user-{number}")
    logger.info("order read", order=number, password="hunter2", customer={"Token": "hunter3", "name": "Ada"})
    metrics.ORDERS_TOTAL.labels(kind="new").inc()
    return {"order": number}


@api.post("/orders/{number}")
def pay(number: int) -> dict:
    # Not async: it runs in another thread, and its fields still reach the request's line.
    bind(user_id=f"payer-{number}")
    return {"order": number}


@api.get("/slow")
async def slow() -> dict:
    await asyncio.sleep(1.2)
    return {}


@api.get("/fail")
async def fail() -> dict:
    raise RuntimeError(f"the order book is on fire, {next(FAILURES)}")


@api.get("/teapot")
async def teapot() -> dict:
    raise HTTPException(418)


async def ask_database() -> None:
    if trouble() == "database":
        raise ConnectionError("no")


async def ask_cache() -> None:
    if trouble() == "cache":
        await asyncio.sleep(60)


app = observe(api, checks={"database": ask_database, "cache": ask_cache}, feeds={"db_connections_active": lambda: 3})
