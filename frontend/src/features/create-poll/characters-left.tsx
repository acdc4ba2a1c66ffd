import { formatCount } from "../../lib/format";
import * as strings from "../../strings";
import { charactersLeft } from "./form-errors";

interface CharactersLeftProps {
  readonly id: string;
  readonly text: string;
  readonly most: number;
}

/** Whether so few characters are left that the number is shown. */
export function runsShort(text: string, most: number): boolean {
  return charactersLeft(text, most) <= most / 10;
}

/** How many more characters fit into a field; shown once they are few. */
export function CharactersLeft({ id, text, most }: CharactersLeftProps) {
  if (!runsShort(text, most)) return null;
  const left = charactersLeft(text, most);
  return (
    <span id={id} className={left < 0 ? "characters characters-over" : "characters"}>
      {left < 0
        ? strings.create.over(formatCount(-left))
        : strings.create.left(formatCount(left))}
    </span>
  );
}
