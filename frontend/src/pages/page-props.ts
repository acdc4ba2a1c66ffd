/** The props of every page. */
export interface PageProps {
  /** The import of the page that usually comes next. */
  readonly nextFile?: (() => Promise<unknown>) | undefined;
}
