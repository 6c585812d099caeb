// How long to wait before the next try: full jitter, so that a thousand clients that lost the server together do not return together.

export const BACKOFF_BASE_MS = 500;
export const BACKOFF_MAX_MS = 20_000;

/** `random` is in [0, 1). */
export function backoff(tries: number, random: number): number {
  return random * Math.min(BACKOFF_MAX_MS, BACKOFF_BASE_MS * 2 ** tries);
}
