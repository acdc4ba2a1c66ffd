import { request } from "./client";
import type { components } from "./schema";

export type Poll = components["schemas"]["Poll"];
export type Results = components["schemas"]["Results"];
export type Ballot = components["schemas"]["Ballot"];

/** The query keys. */
export const keys = {
  poll: (id: string) => ["poll", id] as const,
  results: (id: string) => ["results", id] as const,
  timeline: (id: string) => ["timeline", id] as const,
  viewingKey: (id: string, manageKey: string) => ["viewing-key", id, manageKey] as const,
  ballot: (id: string) => ["ballot", id] as const,
};

export const POLL = "/api/polls/{poll_id}";

export function fetchPoll(id: string, signal?: AbortSignal) {
  return request("get", POLL, { params: { poll_id: id }, expect: "options", ...(signal && { signal }) });
}
