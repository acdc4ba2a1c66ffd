import react from "@vitejs/plugin-react";
import { loadEnv, type Plugin } from "vite";
import { defineConfig } from "vitest/config";

import * as texts from "./src/strings/document";

/**
 * Serves /env.js during `vite dev` with the PUBLIC_* variables, as Nginx does in production. The build
 * has no such file, so that one image can be configured at run time.
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

/** Fills the texts into index.html. */
function documentTexts(): Plugin {
  return {
    name: "document-texts",
    transformIndexHtml: (html) =>
      Object.entries(texts).reduce((page, [name, text]) => page.replace(`{{${name}}}`, text), html),
  };
}

// Stricter than the image's own policy, which has to suit any app.
const CONTENT_SECURITY_POLICY =
  "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'self'";

/** Adds the policy to the built pages. The development server needs inline scripts. */
function contentSecurityPolicy(): Plugin {
  return {
    name: "content-security-policy",
    apply: "build",
    transformIndexHtml: () => [
      {
        tag: "meta",
        attrs: { "http-equiv": "Content-Security-Policy", content: CONTENT_SECURITY_POLICY },
        injectTo: "head-prepend",
      },
    ],
  };
}

/** Builds src/reload-on-missing-chunk.ts as a script of its own, with the same name in every release. */
function reloadScript(): Plugin[] {
  const built: Plugin = {
    name: "reload-script",
    apply: "build",
    buildStart() {
      this.emitFile({ type: "chunk", id: "src/reload-on-missing-chunk.ts", fileName: "reload-on-missing-chunk.js" });
    },
  };
  const served: Plugin = {
    name: "reload-script-serve",
    apply: "serve",
    configureServer(server) {
      server.middlewares.use("/reload-on-missing-chunk.js", (_request, response) => {
        response.writeHead(302, { Location: "/src/reload-on-missing-chunk.ts" }).end();
      });
    },
  };
  return [built, served];
}

/** Preloads start.tsx and the libraries, so that they load at the same time as main.ts. */
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
const EVERY_PAGE = /src\/(api|hooks|lib|ui|strings\/common|features\/ballot\/outbox)\//;

// What the pages of one poll have in common.
const POLL_PAGES = /src\/((api|ui)\/poll\/|strings\/poll\.|pages\/)/;

// The form that looks up a poll or its key.
const JOIN = /src\/(features\/join\/|strings\/join\.)/;

export default defineConfig(({ mode }) => {
  const api = loadEnv(mode, import.meta.dirname, "API_").API_URL ?? "http://localhost:8080";
  return {
    plugins: [
      react(),
      publicEnvironment(loadEnv(mode, import.meta.dirname, "PUBLIC_")),
      contentSecurityPolicy(),
      documentTexts(),
      reloadScript(),
      preloadStart(),
    ],
    // Wouter uses this shim for React before 18; React has the function itself.
    resolve: { alias: { "use-sync-external-store/shim/index.js": "react" } },
    server: { proxy: { "/api": { target: api } } },
    build: {
      // Nothing is inlined as a data: URL: every asset is a hashed file, cached for a year.
      assetsInlineLimit: 0,
      modulePreload: {
        // A browser without module preload only loads the files later.
        polyfill: false,
        // The initial chunks are loaded already.
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
    test: { include: ["{src,eslint}/**/*.test.{ts,tsx}"] },
  };
});
