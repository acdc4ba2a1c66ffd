import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/controls.css";

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { deliverAll } from "./api/delivery";
import { App } from "./app";
import { Breakage } from "./components/breakage";

const queryClient = new QueryClient();
deliverAll(queryClient);
const root = document.getElementById("root");
if (root === null) throw new Error("index.html holds no #root");

createRoot(root).render(
  <StrictMode>
    <Breakage>
      <QueryClientProvider client={queryClient}>
        <App />
      </QueryClientProvider>
    </Breakage>
  </StrictMode>,
);
