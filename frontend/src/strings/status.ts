/** The status page, for the operator. */

import { plural } from "./common/plural";

export const status = {
  title: "Status",
  well: "All is well.",
  lost: {
    away: "The server does not answer.",
    failing: "The server reports errors.",
  },
  old: (age: string) => `As of ${age} ago.`,
  databaseAway: "The database is down: votes and polls wait.",
  failing: (formatted: string, count: number) =>
    plural.select(count) === "one"
      ? "One request failed in the last minute."
      : `${formatted} requests failed in the last minute.`,
  laptop: "The platform gives this instance no name. It may run on a laptop.",
  here: "What runs here",
  uptime: "Up for",
  database: "Postgres",
  away: "away",
  latency: "Answers in",
  milliseconds: "ms",
  release: "Release",
  region: "Region",
  instance: "Instance",
  since: "Started",
  driver: "Driver",
  schema: "Schema revision",
  unknown: "not known",
  traffic: "Requests",
  uncounted: "This instance cannot count its requests: /tmp is not writable.",
  rate: "In the last minute",
  perSecond: "per second",
  errors: "In ten minutes",
  failed: (count: number) => (plural.select(count) === "one" ? "error" : "errors"),
  keyRequests: "Requests per second",
  keyErrors: "Errors among them",
  scope: (share: string) =>
    `Of this instance alone: ${share} in ten minutes. Pages and cached results come from Nginx and are not among them.`,
  inAll: (formatted: string, count: number) =>
    `${formatted} ${plural.select(count) === "one" ? "request" : "requests"}`,
  summary: (requests: string, errors: string, peak: string) =>
    `Requests over the last ten minutes: ${requests}, ${errors}, ${peak} per second at most.`,
  table: "Requests and errors per minute",
  minute: "From",
  tableErrors: "Errors",
} as const;
