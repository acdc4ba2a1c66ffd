import { CodeForm } from "../components/code-form";
import { useTitle } from "../lib/use-title";
import * as strings from "../strings";

/** For whoever was told a code, and has typed no more than the address that stands before it. */
export default function JoinPage() {
  useTitle(strings.code.title);
  return (
    <div className="page notice">
      <h1 className="headline">{strings.code.title}</h1>
      <CodeForm initial="" />
    </div>
  );
}
