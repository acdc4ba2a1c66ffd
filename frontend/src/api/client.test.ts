import { expect, test, vi } from "vitest";

import { fillIn, request } from "./client";
import { NO_ANSWER, Problem } from "./problem";

const POLL = "/api/polls/{poll_id}";

test("a path parameter is escaped", () => {
  expect(fillIn(POLL, { poll_id: "a/../b?c" })).toBe("/api/polls/a%2F..%2Fb%3Fc");
});

test("a response without a body is undefined", async () => {
  vi.stubGlobal("fetch", () => Promise.resolve(new Response(null, { status: 204 })));
  await expect(request("delete", POLL, { params: { poll_id: "a" } })).resolves.toBeUndefined();
});

test("a refusal throws its problem", async () => {
  const body = JSON.stringify({ type: "/problems/poll-closed", title: "Closed", status: 409 });
  vi.stubGlobal("fetch", () => Promise.resolve(new Response(body, { status: 409 })));
  await expect(request("get", POLL, { params: { poll_id: "a" }, expect: "options" })).rejects.toMatchObject({
    status: 409,
    type: "/problems/poll-closed",
  });
});

test("a network error throws a problem without a status", async () => {
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
  await expect(request("get", POLL, { params: { poll_id: "a" }, expect: "options" })).rejects.toMatchObject({
    status: NO_ANSWER,
    away: true,
  });
});

test("an HTML page instead of JSON throws a problem", async () => {
  const page = () =>
    new Response("<!doctype html>", { headers: { "Content-Type": "text/html" } });
  vi.stubGlobal("fetch", () => Promise.resolve(page()));
  await expect(request("get", POLL, { params: { poll_id: "a" }, expect: "options" })).rejects.toMatchObject({
    status: NO_ANSWER,
  });
});

test("a captive portal's JSON or empty answer throws a problem", async () => {
  for (const body of ['{"error":"login"}', "[]", "null", '"ok"', "true"]) {
    vi.stubGlobal("fetch", () => Promise.resolve(new Response(body)));
    const asked = request("get", POLL, { params: { poll_id: "a" }, expect: "options" });
    await expect(asked).rejects.toMatchObject({ status: NO_ANSWER });
    const deleted = request("delete", POLL, { params: { poll_id: "a" } });
    await expect(deleted).rejects.toMatchObject({ status: NO_ANSWER });
  }
  vi.stubGlobal("fetch", () => Promise.resolve(new Response(null, { status: 204 })));
  const asked = request("get", POLL, { params: { poll_id: "a" }, expect: "options" });
  await expect(asked).rejects.toMatchObject({ status: NO_ANSWER });
});

test("an aborted request throws an AbortError: it is not to be tried again", async () => {
  vi.stubGlobal("fetch", (_: string, { signal }: RequestInit) => Promise.reject(signal?.reason as Error));
  const signal = AbortSignal.abort();
  const error: unknown = await request("get", POLL, { params: { poll_id: "a" }, expect: "options", signal }).catch(
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(DOMException);
  expect(error).not.toBeInstanceOf(Problem);
});
