/** Does something in one tab at a time. Plain http knows no locks. */
export function withTabLock(name: string, work: () => Promise<void>): Promise<void> {
  const { locks } = navigator as Partial<Navigator>;
  return locks ? locks.request(name, work) : work();
}
