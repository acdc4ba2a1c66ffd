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

const EVERYWHERE = /node_modules\/(react|react-dom|scheduler|wouter|regexparam|use-sync-external-store|@tanstack)\//;

export default defineConfig(({ mode }) => {
  const api = loadEnv(mode, import.meta.dirname, "API_").API_URL ?? "http://localhost:8080";
  return {
    plugins: [react(), publicEnvironment(loadEnv(mode, import.meta.dirname, "PUBLIC_"))],
    server: { proxy: { "/api": { target: api } } },
    build: {
      // Nothing is inlined as a data: URL: every asset is a hashed file that is cached for a year.
      assetsInlineLimit: 0,
      rolldownOptions: {
        // The libraries of every page in a file of their own: a browser keeps it while the app
        // around it changes. What only some pages need goes with those.
        output: { codeSplitting: { groups: [{ name: "libraries", test: EVERYWHERE }] } },
      },
    },
    // Components are tested in a document of their own, logic without one.
    test: { include: ["src/**/*.test.{ts,tsx}"] },
  };
});
