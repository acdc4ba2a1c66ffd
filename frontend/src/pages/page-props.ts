/** What the router gives to every page. */
export interface PageProps {
  /** Imports the page that usually comes after this one. */
  readonly nextFile?: (() => Promise<unknown>) | undefined;
}
