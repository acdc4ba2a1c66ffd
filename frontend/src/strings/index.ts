/**
 * Every word the interface says, in one place: `import * as strings`, and a page loads those that it
 * says. Functions where a word depends on a value.
 */

export { header, copy, trouble } from "./everywhere";
export { create, invalid } from "./create";
export { closing } from "./closing";
export { vote } from "./vote";
export { results, present, timeline } from "./results";
export { manage } from "./manage";
export { key } from "./key";
export { share } from "./share";
export { status } from "./status";
export { units } from "./units";
export { notFound, code } from "./not-found";
