/** The app's own addresses, in one place. */
export const addresses = {
  home: "/",
  join: "/join",
  status: "/status",
  vote: (id: string) => `/p/${id}`,
  results: (id: string) => `/p/${id}/results`,
  present: (id: string) => `/p/${id}/present`,
  /** The key goes in the fragment, which browsers never send: it reaches no server's log. */
  manage: (id: string, key?: string) => `/p/${id}/manage${key === undefined ? "" : `#${key}`}`,
};

/** The same with scheme and host, to hand to others. */
export function absolute(path: string): string {
  return new URL(path, location.origin).href;
}
