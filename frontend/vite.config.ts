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

// What index.html brings along.
const FIRST = /\/(rolldown-runtime|libraries|shared|always|start|index)-/;

const EVERYWHERE = /node_modules\/(react|react-dom|scheduler|wouter|regexparam|@tanstack)\//;

// What all pages of a poll need, and the one that asks for a poll does not.
const OF_A_POLL =
  /src\/(strings\/share|lib\/use-trouble|components\/(question|address|unavailable|again-button))\./;

// What those need that show its count, or how it stands.
const OF_A_COUNT = /src\/(strings\/results|lib\/open-until|components\/live-state)\./;

// What those need that lead the room to a ballot.
const OF_SHARING = /src\/(components\/(copy-button|large-code|lazy-qr-code|dialog)|lib\/clipboard)\./;

// What every page loads, however few files ask for it; and what is too small for a file of its own.
const OF_EVERY_PAGE =
  /src\/lib\/(outbox|choices|focus-main|lazily|load|use-arrival|use-prefetch|use-now)\./;

// What pages need that lead on to a poll, or nowhere.
const OF_LEADING = /src\/(components\/(lead-form|code-form)|lib\/poll-code|api\/finding|strings\/not-found)\./;

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
        resolveDependencies: (_file, dependencies) => dependencies.filter((name) => !FIRST.test(name)),
      },
      rolldownOptions: {
        // The libraries of every page in a file of their own: a browser keeps it while the app
        // around it changes. What only some pages need goes with those; what several need of ours
        // lies in one file, as in many small ones it would be larger.
        output: {
          chunkFileNames: "assets/[name]-[hash:6].js", // hashes do not compress, and are in every file
          codeSplitting: {
            includeDependenciesRecursively: false,
            groups: [
              { name: "libraries", test: EVERYWHERE },
              { name: "poll", test: OF_A_POLL },
              { name: "count", test: OF_A_COUNT },
              { name: "sharing", test: OF_SHARING },
              { name: "leading", test: OF_LEADING },
              { name: "always", test: OF_EVERY_PAGE },
              { name: "shared", test: /src\/.*\.tsx?$/, minShareCount: 3 },
            ],
          },
        },
      },
    },
    // Components are tested in a document of their own, logic without one.
    test: { include: ["src/**/*.test.{ts,tsx}"] },
  };
});
