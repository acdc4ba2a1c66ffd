/** Runs work in one tab at a time. Without HTTPS there are no locks, and it runs at once. */
export function withTabLock(name: string, work: () => Promise<void>): Promise<void> {
  const { locks } = navigator as Partial<Navigator>;
  return locks ? locks.request(name, work) : work();
}
