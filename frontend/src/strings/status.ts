/** The page for whoever runs it. */

import { plural } from "./common/plural";

export const status = {
  title: "Status",
  well: "All is well.",
  lost: {
    away: "The server is away.",
    failing: "The server has trouble.",
  },
  old: (age: string) => `All as of ${age} ago.`,
  databaseAway: "The database is away: votes and polls wait.",
  failing: (formatted: string, count: number) =>
    plural.select(count) === "one"
      ? "One request failed in the last minute."
      : `${formatted} requests failed in the last minute.`,
  laptop: "No host has given this instance a name: it may well be a laptop.",
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
  uncounted: "This instance has nowhere to count its requests: its /tmp cannot be written.",
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
  table: "Requests and errors by the minute",
  minute: "From",
  tableErrors: "Errors",
} as const;
