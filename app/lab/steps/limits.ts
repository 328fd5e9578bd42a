/**
 * Upper limit of `X-Lab-Hold-Ms` and `X-Lab-Wait-Ms`, in milliseconds: long enough to think about the next step. Imports
 * nothing, so that the page can use it as well. A stepped request has four holds in a pass and one wait; nginx waits an hour for it.
 */
export const longestHeldMs = 600_000;
