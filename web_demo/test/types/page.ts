// Checked with the page's types: each line must be an error, or the two worlds have leaked.

// @ts-expect-error a page is not a worker
self.importScripts;
// @ts-expect-error a page has no worker scope
export type Scope = DedicatedWorkerGlobalScope;
