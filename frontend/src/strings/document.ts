/** What index.html says, where each stands as {{name}}: before there is an app, or without one. */

import { trouble } from "./common/everywhere";

export const { loading, reload } = trouble;
export const late = "This takes longer than it should.";
export const noScript = "Tally needs JavaScript to count votes as they come in.";
export const description = "Ask a room one question and watch the answer form.";
