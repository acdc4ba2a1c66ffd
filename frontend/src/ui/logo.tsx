/** The logo: five tally marks, four strokes and one across. */
export function Logo() {
  return (
    <svg className="logo" viewBox="0 0 32 32" aria-hidden="true">
      <path d="M7 5v22M13 5v22M19 5v22M25 5v22" />
      <path className="logo-cross" d="M2.5 23.5l27-15" />
    </svg>
  );
}
