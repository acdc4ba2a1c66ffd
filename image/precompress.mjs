// Writes a .br and a .gz beside every compressible file of a frontend's build, so that Nginx does not
// compress at each request. Usage: node precompress.mjs FOLDER
// Ends with a line that says what to do if the folder has no index.html.

import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const COMPRESSIBLE = new Set(
  ".css .html .ico .js .json .map .mjs .svg .ttf .txt .wasm .webmanifest .xml".split(" "),
);
const MIN_BYTES = 512; // smaller files gain too little

const [folder] = process.argv.slice(2);
if (!folder) {
  console.error("usage: node precompress.mjs FOLDER");
  process.exit(64);
}

if (!existsSync(join(folder, "index.html"))) {
  const found = readdirSync(".", { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !["node_modules", "public", "src"].includes(entry.name))
    .map((entry) => entry.name)
    .filter((name) => existsSync(join(name, "index.html")));
  const remedy = found.length
    ? `${found.join(" and ")} has one: --build-arg FRONTEND_OUTPUT=${found[0]}.`
    : "Set --build-arg FRONTEND_OUTPUT= to the folder that FRONTEND_BUILD writes.";
  console.error(`The build of the frontend has written no ${folder}/index.html. ${remedy}`);
  process.exit(1);
}

let files = 0;
let before = 0;
let after = 0;
for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
  const path = join(entry.parentPath, entry.name);
  if (!entry.isFile() || !COMPRESSIBLE.has(extname(path))) continue;
  const content = readFileSync(path);
  if (content.length < MIN_BYTES) continue;
  const brotli = brotliCompressSync(content, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
    },
  });
  writeFileSync(`${path}.br`, brotli);
  writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }));
  files += 1;
  before += content.length;
  after += brotli.length;
}
console.log(`${files} files compressed, ${before} bytes to ${after} with brotli`);
