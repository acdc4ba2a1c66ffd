import { CodeForm } from "../features/join/code-form";
import { useTitle } from "../hooks/use-title";
import * as strings from "../strings";

/** Opens a poll by its code. */
export default function JoinPage() {
  useTitle(strings.code.title);
  return (
    <div className="page notice">
      <h1 className="headline">{strings.code.title}</h1>
      <CodeForm initial="" />
    </div>
  );
}
