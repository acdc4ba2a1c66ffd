import * as strings from "../strings";

/** Loads the page anew. No link would: an address that differs by nothing, or by a key, loads nothing. */
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
