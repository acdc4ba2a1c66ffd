import * as strings from "../strings";

/** Reloads the page. A link would not: the same URL, or another fragment, loads nothing. */
export function ReloadButton() {
  return (
    <button
      type="button"
      className="button"
      onClick={() => {
        location.reload();
      }}
    >
      {strings.trouble.reload}
    </button>
  );
}
