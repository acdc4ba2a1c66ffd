import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/controls.css";

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { BrowserRouter } from "react-router";

import { App } from "./app";
import { Breakage } from "./components/breakage";

const queryClient = new QueryClient();
const root = document.getElementById("root");
if (root === null) throw new Error("index.html holds no #root");

createRoot(root).render(
  <StrictMode>
    <Breakage>
      <QueryClientProvider client={queryClient}>
        <BrowserRouter>
          <App />
        </BrowserRouter>
      </QueryClientProvider>
    </Breakage>
  </StrictMode>,
);
