// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { loadChunk } from "./load-chunk";

/** The server's answer to a HEAD request of the start page, and the number of requests. */
let status: number;
let looks: number;

beforeEach(() => {
  vi.useFakeTimers();
  looks = 0;
  vi.stubGlobal("fetch", () => {
    looks += 1;
    return Promise.resolve(new Response(null, { status }));
  });
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const missing = () => Promise.reject(new TypeError("Failed to fetch dynamically imported module"));

test("a chunk is retried until the server is back", async () => {
  status = 502;
  const file = vi.fn(missing).mockName("file");
  const loaded = loadChunk(file as () => Promise<string>);
  await vi.advanceTimersByTimeAsync(120_000);
  expect(looks).toBeGreaterThan(10);
  status = 200;
  file.mockImplementation(() => Promise.resolve("a page") as Promise<never>);
  await vi.advanceTimersByTimeAsync(20_000);
  await expect(loaded).resolves.toBe("a page");
});

test("a chunk is given up after a few faults, without a reload", async () => {
  status = 500;
  const reload = vi.spyOn(location, "reload").mockImplementation(() => undefined);
  const loaded = expect(loadChunk(missing)).rejects.toThrow();
  await vi.advanceTimersByTimeAsync(120_000);
  await loaded;
  expect(looks).toBe(4);
  expect(reload).not.toHaveBeenCalled();
});
