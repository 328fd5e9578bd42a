/** Redis did not answer in time. What it was asked for may still happen. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
}
