// Renders each .dot file here to an SVG that follows the reader's light or dark theme: `make docs`.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { instance } from "@viz-js/viz";

// A node's class in the .dot file is a class of its element in the SVG.
const STYLE = `<style>
  svg { --line: #57606a; --text: #1f2328; --paper: #fff; --ours: #ddf4ff; }
  @media (prefers-color-scheme: dark) {
    svg { --line: #9198a1; --text: #f0f6fc; --paper: #151b23; --ours: #12395e; }
  }
  text { fill: var(--text); }
  path, polygon, polyline, ellipse { stroke: var(--line); }
  .node path, .node polygon { fill: var(--paper); }
  .node.ours path { fill: var(--ours); }
  .edge polygon { fill: var(--line); }
</style>`;

const viz = await instance();
for (const name of readdirSync(".").filter((each) => each.endsWith(".dot"))) {
  const drawn = viz.renderString(readFileSync(name, "utf8"), { format: "svg" });
  const svg = drawn.slice(drawn.indexOf("<svg")).replace(/(<svg[^>]*>)/, `$1\n${STYLE}`);
  writeFileSync(name.replace(/dot$/, "svg"), svg);
}
