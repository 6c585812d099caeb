// Registers the worker that keeps the pages, never what they show. The content policy lets one address be a script's, and this is it.

interface Policy {
  createScriptURL(url: string): string;
}
interface Factory {
  createPolicy(name: string, rules: Policy): Policy;
}

const WORKER = "/sw.js";

export function startWorker(): void {
  if (!("serviceWorker" in navigator)) return;
  const types = (globalThis as { trustedTypes?: Factory }).trustedTypes;
  const policy = types?.createPolicy("handrail-worker", {
    createScriptURL: (url) => {
      if (url !== WORKER) throw new TypeError("not the worker of this page");
      return url;
    },
  });
  // Without it there is no page offline, and nothing else changes.
  navigator.serviceWorker.register(policy?.createScriptURL(WORKER) ?? WORKER).catch(() => undefined);
}
