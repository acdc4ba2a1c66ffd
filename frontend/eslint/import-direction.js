/**
 * An ESLint rule for the direction of imports: a file imports from its own folder and from the
 * folders below it, and imports form no cycle. Type imports and dynamic imports count, too.
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import ts from "typescript";

const SOURCES = resolve(import.meta.dirname, "../src");

/** What a folder may import besides itself. The files beside the folders may import everything. */
const BELOW = {
  lib: [],
  strings: [],
  api: ["lib"],
  hooks: ["api", "lib", "strings"],
  charts: ["lib", "strings"],
  ui: ["hooks", "api", "lib", "strings"],
  features: ["ui", "charts", "hooks", "api", "lib", "strings"],
  pages: ["features", "ui", "charts", "hooks", "api", "lib", "strings"],
};

/**
 * What a feature may import of other features, which import it never: who manages a poll looks up
 * its key with the form that looks up polls.
 */
const FEATURES_BELOW = {
  manage: ["join"],
};

/** Why one file must not import the other; undefined if it may. Both are relative to src. */
function violation(from, to) {
  const [folder, feature] = from.split(sep);
  const [target, targetFeature] = to.split(sep);
  if (from === folder) return undefined;
  if (folder !== target) {
    return BELOW[folder]?.includes(target) ? undefined : `${folder}/ must not import ${target}`;
  }
  if (folder !== "features" || feature === targetFeature) return undefined;
  if (FEATURES_BELOW[feature]?.includes(targetFeature)) return undefined;
  return `the feature ${feature} must not import the feature ${targetFeature}`;
}

/** The file that a relative import names; undefined for libraries. */
function resolveImport(file, name) {
  if (!name.startsWith(".")) return undefined;
  const path = resolve(dirname(file), name);
  const candidates = [path, ...[".ts", ".tsx", ".d.ts", "/index.ts"].map((end) => path + end)];
  return candidates.find((one) => existsSync(one) && statSync(one).isFile());
}

function importsOf(file) {
  const { importedFiles } = ts.preProcessFile(readFileSync(file, "utf8"));
  return importedFiles.flatMap(({ fileName }) => resolveImport(file, fileName) ?? []);
}

/** The imports of every source file, by its path. */
function readGraph() {
  const files = readdirSync(SOURCES, { recursive: true }).map((name) => join(SOURCES, name));
  const sources = files.filter((file) => /\.tsx?$/.test(file));
  return new Map(sources.map((file) => [file, importsOf(file)]));
}

/** The files on the way from one file to the other, both included; undefined if there is none. */
function findPath(graph, from, to, visited = new Set()) {
  if (from === to) return [to];
  if (visited.has(from)) return undefined;
  visited.add(from);
  for (const next of graph.get(from) ?? []) {
    const rest = findPath(graph, next, to, visited);
    if (rest) return [from, ...rest];
  }
  return undefined;
}

let graph;

/** @type {import("eslint").Rule.RuleModule} */
export const importDirection = {
  meta: { type: "problem", schema: [] },
  create(context) {
    const file = context.filename;
    const short = (path) => relative(SOURCES, path);

    function check(node, name) {
      const target = typeof name === "string" ? resolveImport(file, name) : undefined;
      if (target === undefined || !target.startsWith(SOURCES)) return;
      const message = violation(short(file), short(target));
      if (message !== undefined) context.report({ node, message });
      graph ??= readGraph();
      const cycle = findPath(graph, target, file);
      if (cycle === undefined) return;
      const path = [file, ...cycle].map(short).join(" → ");
      context.report({ node, message: `the import closes a cycle: ${path}` });
    }
    const checkSource = (node) => {
      check(node, node.source?.value);
    };
    return {
      ImportDeclaration: checkSource,
      ImportExpression: checkSource,
      ExportAllDeclaration: checkSource,
      ExportNamedDeclaration: checkSource,
      TSImportType: checkSource,
    };
  },
};
