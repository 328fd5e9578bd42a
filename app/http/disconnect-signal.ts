import type { Response } from 'express';

/** @returns a signal that aborts if the connection closes before the answer is complete. */
export function disconnectSignal(res: Response): AbortSignal {
  const gone = new AbortController();
  res.once('close', () => {
    if (!res.writableFinished) gone.abort();
  });
  return gone.signal;
}
