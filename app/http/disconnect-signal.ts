import type { Response } from 'express';

/** @returns a signal that aborts when the connection closes before it was answered in full. */
export function goneSignal(res: Response): AbortSignal {
  const gone = new AbortController();
  res.once('close', () => {
    if (!res.writableFinished) gone.abort();
  });
  return gone.signal;
}
