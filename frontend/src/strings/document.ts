/** The words of index.html, which has a {{name}} in their place. */

import { trouble } from "./common/everywhere";

export const { loading, reload } = trouble;
export const late = "This takes longer than it should.";
export const noScript = "Tally needs JavaScript to count votes as they come in.";
export const description = "Ask a room one question and watch the answers come in.";
