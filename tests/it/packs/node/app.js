// A service that takes its instrumentation from the pack, and does as the test tells it to.

import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import express from "express";
import { bind, logger, metrics, observe } from "./index.js";

const TROUBLE = process.env.TROUBLE;
const trouble = () => (existsSync(TROUBLE) ? readFileSync(TROUBLE, "utf8").trim() : "");
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const app = express();
// A router of its own: its routes are known by what they are mounted under.
const orders = express.Router();
orders.get("/:number", (request, response) => {
  const number = Number(request.params.number);
  bind({ user_id: `user-${number}` });
  logger.info({ order: number, password: "hunter2", customer: { Token: "hunter3", name: "Ada" } }, "order read");
  metrics.orders_total.labels("new").inc();
  response.json({ order: number });
});
orders.post("/:number", async (request, response) => {
  await sleep(1);
  bind({ user_id: `payer-${request.params.number}` });
  response.json({});
});
app.use("/orders", orders);
app.get("/slow", async (_request, response) => {
  await sleep(1200);
  response.json({});
});
// Of errors that are the same, Sentry reports the first.
let failures = 0;
app.get("/fail", async () => {
  await sleep(1);
  throw Object.assign(new Error(`the order book is on fire, ${(failures += 1)}`), { context: { token: "hunter5" } });
});
app.get("/teapot", (_request, response) => response.status(418).end());

const listener = observe(app, {
  checks: {
    database: async () => {
      if (trouble() === "database") throw new Error("no");
    },
    cache: async () => {
      if (trouble() === "cache") await sleep(60_000);
    },
  },
  feeds: { db_connections_active: () => 3 },
});
createServer(listener).listen(Number(process.argv[2]), "127.0.0.1");
