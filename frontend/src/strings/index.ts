/**
 * Every word the interface says, in one place: `import * as strings`, and a page loads those that it
 * says. Functions where a word depends on a value.
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
