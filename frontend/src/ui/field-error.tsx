/** The error message of a field, which refers to it by aria-describedby and has aria-invalid. */
export function FieldError({ id, message }: { id: string; message: string | undefined }) {
  if (message === undefined) return null;
  return (
    <p id={id} className="field-error">
      {message}
    </p>
  );
}

/** The attributes of a field that may have an error message. */
export function errorAttributes(id: string, message: string | undefined, hint?: string) {
  const described = [message === undefined ? undefined : id, hint].filter(Boolean).join(" ");
  return {
    "aria-invalid": message !== undefined,
    ...(described !== "" && { "aria-describedby": described }),
  };
}
