import react from "@vitejs/plugin-react";
import { loadEnv, type Plugin } from "vite";
import { defineConfig } from "vitest/config";

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

const EVERYWHERE = /node_modules\/(react|react-dom|scheduler|wouter|regexparam|@tanstack)\//;

const SHARED =
  /src\/(api\/(client|polls|problem|rhythm)|strings\/(everywhere|plural)|environment|lib\/(explain|known-polls|load|use-delay|use-lasting|use-now|use-online|use-title)|components\/(busy-button|field-error))\.tsx?$/;

export default defineConfig(({ mode }) => {
  const api = loadEnv(mode, import.meta.dirname, "API_").API_URL ?? "http://localhost:8080";
  return {
    plugins: [react(), publicEnvironment(loadEnv(mode, import.meta.dirname, "PUBLIC_"))],
    // Wouter's way to support React before 18, which we do not: React's own is what it would take.
    resolve: { alias: { "use-sync-external-store/shim/index.js": "react" } },
    server: { proxy: { "/api": { target: api } } },
    build: {
      // Nothing is inlined as a data: URL: every asset is a hashed file that is cached for a year.
      assetsInlineLimit: 0,
      // What an old browser does not preload it loads a moment later.
      modulePreload: { polyfill: false },
      rolldownOptions: {
        // The libraries of every page in a file of their own: a browser keeps it while the app
        // around it changes. What only some pages need goes with those.
        // What most pages need of ours, in one file: in many small ones it would be larger.
        output: {
          codeSplitting: {
            includeDependenciesRecursively: false,
            groups: [
              { name: "libraries", test: EVERYWHERE },
              { name: "shared", test: SHARED },
            ],
          },
        },
      },
    },
    // Components are tested in a document of their own, logic without one.
    test: { include: ["src/**/*.test.{ts,tsx}"] },
  };
});
