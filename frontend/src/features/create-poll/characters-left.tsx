import { formatCount } from "../../lib/format";
import * as strings from "../../strings";
import { charactersLeft } from "./form-errors";

interface CharactersLeftProps {
  readonly id: string;
  readonly text: string;
  readonly most: number;
}

/** Whether few enough characters are left that it is worth saying so. */
export function runsShort(text: string, most: number): boolean {
  return charactersLeft(text, most) <= most / 10;
}

/** How many more characters a field takes, once there are few. */
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
