/** The paths of the app's pages. */
export const addresses = {
  home: "/",
  join: "/join",
  status: "/status",
  vote: (id: string) => `/p/${id}`,
  results: (id: string) => `/p/${id}/results`,
  present: (id: string) => `/p/${id}/present`,
  /** The key is in the fragment, which browsers do not send, so it is in no server's log. */
  manage: (id: string, key?: string) => `/p/${id}/manage${key === undefined ? "" : `#${key}`}`,
};

/** The path as a full URL, for sharing. */
export function absolute(path: string): string {
  return new URL(path, location.origin).href;
}
