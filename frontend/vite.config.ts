import react from "@vitejs/plugin-react";
import { loadEnv, type Plugin } from "vite";
import { defineConfig } from "vitest/config";

import * as words from "./src/strings/document";

/**
 * Answers /env.js during `vite dev` as Nginx does in production: with the PUBLIC_* variables.
 * The build holds no such file, so that one image can be configured where it runs.
 */
function publicEnvironment(variables: Record<string, string>): Plugin {
  return {
    name: "public-environment",
    apply: "serve",
    configureServer(server) {
      server.middlewares.use("/env.js", (_request, response) => {
        response.setHeader("Content-Type", "text/javascript; charset=utf-8");
        response.end(`window.env = ${JSON.stringify(variables)};\n`);
      });
    },
  };
}

/** Puts the words into index.html, which keeps none of its own. */
function wordsOfDocument(): Plugin {
  return {
    name: "words-of-document",
    transformIndexHtml: (html) =>
      Object.entries(words).reduce((text, [name, word]) => text.replace(`{{${name}}}`, word), html),
  };
}

/** Has src/reload-on-missing-chunk.ts be a script of its own, with one name in every release. */
function rescueScript(): Plugin[] {
  const built: Plugin = {
    name: "rescue-script",
    apply: "build",
    buildStart() {
      this.emitFile({ type: "chunk", id: "src/reload-on-missing-chunk.ts", fileName: "rescue.js" });
    },
  };
  const served: Plugin = {
    name: "rescue-script-serve",
    apply: "serve",
    configureServer(server) {
      server.middlewares.use("/rescue.js", (_request, response) => {
        response.writeHead(302, { Location: "/src/reload-on-missing-chunk.ts" }).end();
      });
    },
  };
  return [built, served];
}

/**
 * Has the browser fetch start.tsx and the libraries along with main.ts, which has yet to be read
 * when it asks for them.
 */
function preloadStart(): Plugin {
  return {
    name: "preload-start",
    apply: "build",
    transformIndexHtml: {
      order: "post",
      handler: (_html, { bundle = {} }) =>
        Object.values(bundle)
          .filter((file) => file.type === "chunk" && file.name === "start")
          .flatMap((file) => [file.fileName, ...("imports" in file ? file.imports : [])])
          .map((href) => ({
            tag: "link",
            attrs: { rel: "modulepreload", crossorigin: true, href: `/${href}` },
            injectTo: "head",
          })),
    },
  };
}

// Chunks that index.html loads itself.
const INITIAL = /\/(rolldown-runtime|libraries|shared|start|index)-/;

// The libraries that every page needs.
const LIBRARIES = /node_modules\/(react|react-dom|scheduler|wouter|regexparam|@tanstack)\//;

// The folders that every page needs, and the outbox, from which every page sends ballots.
const EVERY_PAGE = /src\/(api|hooks|lib|ui|strings\/common|features\/ballot)\//;

// What the pages of one poll have in common.
const POLL_PAGES = /src\/(ui\/poll\/|strings\/poll\.|pages\/)/;

// The form that looks up a poll or its key.
const JOIN = /src\/(features\/join\/|strings\/join\.)/;

export default defineConfig(({ mode }) => {
  const api = loadEnv(mode, import.meta.dirname, "API_").API_URL ?? "http://localhost:8080";
  return {
    plugins: [
      react(),
      publicEnvironment(loadEnv(mode, import.meta.dirname, "PUBLIC_")),
      wordsOfDocument(),
      rescueScript(),
      preloadStart(),
    ],
    // Wouter's way to support React before 18, which we do not: React's own is what it would take.
    resolve: { alias: { "use-sync-external-store/shim/index.js": "react" } },
    server: { proxy: { "/api": { target: api } } },
    build: {
      // Nothing is inlined as a data: URL: every asset is a hashed file that is cached for a year.
      assetsInlineLimit: 0,
      modulePreload: {
        // Where a browser does not know it, files come later: no reason to bring it to all others.
        polyfill: false,
        // What is there on every page need not be named by each.
        resolveDependencies: (_file, dependencies) => dependencies.filter((name) => !INITIAL.test(name)),
      },
      rolldownOptions: {
        // Grouped by folder, the first group that matches. Small chunks compress badly, so modules
        // that several pages share are joined; what one page needs stays with that page.
        output: {
          chunkFileNames: "assets/[name]-[hash:6].js", // short: hashes do not compress
          codeSplitting: {
            includeDependenciesRecursively: false, // strings/index.ts would bring every page's words
            groups: [
              { name: "libraries", test: LIBRARIES },
              { name: "join", test: JOIN },
              { name: "poll", test: POLL_PAGES, minShareCount: 2 },
              { name: "shared", test: EVERY_PAGE, minShareCount: 2 },
            ],
          },
        },
      },
    },
    // Components are tested in a document of their own, logic without one.
    test: { include: ["{src,eslint}/**/*.test.{ts,tsx}"] },
  };
});
