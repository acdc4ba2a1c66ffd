// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { remember } from "../../lib/known-polls";
import { cancelledPoll, keepCancelledPoll } from "./cancelled-polls";
import { deleteCancelledPoll } from "./delete-cancelled-poll";

const TOKEN = "1-2-3";
/** The requests, and the next responses if they differ from the usual ones. */
let sent: string[];
let statuses: number[];

beforeEach(() => {
  vi.useFakeTimers();
  [sent, statuses] = [[], []];
  localStorage.clear();
  vi.stubGlobal("fetch", (_: string, init: RequestInit) => Promise.resolve(answer(init)));
  keepCancelledPoll(TOKEN, { question: "Tea?", options: ["Yes", "No"] });
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

function answer({ method = "", headers }: RequestInit): Response {
  const { "Idempotency-Key": token, Authorization: key } = headers as Record<string, string>;
  sent.push(`${method} ${token ?? key ?? ""}`);
  const status = statuses.shift();
  if (status !== undefined) return Response.json({ status }, { status });
  if (method === "DELETE") return new Response(null, { status: 204 });
  return Response.json({ id: "tea", manage_key: "the-key" }, { status: 201 });
}

async function settled(): Promise<void> {
  const done = deleteCancelledPoll(TOKEN);
  await vi.advanceTimersByTimeAsync(60_000);
  await done;
}

test("a cancelled poll is found by its idempotency key and deleted", async () => {
  const done = Promise.all([deleteCancelledPoll(TOKEN), deleteCancelledPoll(TOKEN)]);
  await vi.advanceTimersByTimeAsync(9_000);
  expect(sent).toEqual([`POST ${TOKEN}`]);
  await vi.advanceTimersByTimeAsync(2_000);
  await done;
  expect(sent).toEqual([`POST ${TOKEN}`, "DELETE Bearer the-key"]);
  expect(cancelledPoll(TOKEN)).toBeUndefined();
  await settled();
  expect(sent).toHaveLength(2);
});

test("a deletion is retried while the server is away", async () => {
  statuses = [502, 503];
  await settled();
  expect(sent.at(-1)).toBe("DELETE Bearer the-key");
});

test("a poll that another tab created is not deleted", async () => {
  const done = deleteCancelledPoll(TOKEN);
  await vi.advanceTimersByTimeAsync(5_000);
  remember({ id: "tea", key: "the-key", question: "Tea?" });
  await vi.advanceTimersByTimeAsync(10_000);
  await done;
  expect(sent).toEqual([`POST ${TOKEN}`]);
  expect(cancelledPoll(TOKEN)).toBeUndefined();
});

test("a refused poll is forgotten, one after a fault kept", async () => {
  statuses = [500, 500, 500, 500];
  await settled();
  expect(cancelledPoll(TOKEN)).toBeDefined();
  statuses = [422];
  await settled();
  expect(cancelledPoll(TOKEN)).toBeUndefined();
});
