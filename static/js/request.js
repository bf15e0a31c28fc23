// fetch that gives up: a request that never ends must not end the polling, or whatever else waits for it.
const TIMEOUT_MS = 15_000;

export const request = (url, options) => fetch(url, { ...options, signal: AbortSignal.timeout(TIMEOUT_MS) });
