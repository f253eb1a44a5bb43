/** Reading the HTTP API. */

/** A request that the server answered, but not with 2xx. */
export class HttpError extends Error {
  constructor(status, path) {
    super(`${path}: HTTP ${status}`);
    this.status = status;
  }
}

/**
 * One JSON document. Rejects with HttpError, or with the browser's own error when the server cannot be reached.
 * @param {string} path
 */
export async function getJson(path) {
  const response = await fetch(path, {
    headers: { accept: "application/json" },
    cache: "no-cache",
    signal: AbortSignal.timeout(10_000),
  });
  if (!response.ok) throw new HttpError(response.status, path);
  return response.json();
}

/**
 * Every item of a list, all pages.
 * @param {string} path
 * @param {URLSearchParams} params
 */
export async function getAll(path, params = new URLSearchParams()) {
  const items = [];
  const query = new URLSearchParams(params);
  query.set("limit", "1000");
  for (;;) {
    const page = await getJson(`${path}?${query}`);
    items.push(...page.items);
    if (!page.next) return items;
    query.set("cursor", page.next);
  }
}

/** Path of a match, or of something under it. */
export function matchPath(id, rest = "") {
  return `/v1/matches/${encodeURIComponent(id)}${rest}`;
}

/** Whether the service answers at all. */
export async function isAlive() {
  try {
    const response = await fetch("/livez", { cache: "no-store", signal: AbortSignal.timeout(4_000) });
    return response.ok;
  } catch {
    return false;
  }
}
