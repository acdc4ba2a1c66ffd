/**
 * All texts of the interface. Use `import * as strings`: a page loads only the texts that it uses.
 * A text that depends on a value is a function.
 */

export { header, copy, trouble } from "./common/everywhere";
export { create, invalid } from "./create-poll";
export { closing } from "./common/closing";
export { ballot } from "./ballot";
export { results, present, timeline } from "./results";
export { manage } from "./manage";
export { key } from "./key";
export { share, liveState, manageLink, openUntil } from "./poll";
export { status } from "./status";
export { units } from "./units";
export { notFound, code } from "./join";
