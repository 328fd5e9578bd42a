/**
 * Anything can be thrown: undefined, an object without a prototype, a revoked proxy, an error with throwing getters.
 * Describing it must not throw in turn, which would skip what follows, such as the release of a lock.
 *
 * @returns the message of an error; any other value as text.
 */
export function messageOf(thrown: unknown): string {
  try {
    return String(thrown instanceof Error ? thrown.message : thrown);
  } catch {
    return `an unreadable value of type ${typeof thrown}`;
  }
}

/** @returns `thrown` if it is an error with a message, else an error with its {@link messageOf}. Never throws. */
export function toError(thrown: unknown): Error {
  try {
    if (thrown instanceof Error && typeof thrown.message === 'string') return thrown;
  } catch {
    // its prototype or message is unreadable
  }
  return new Error(messageOf(thrown));
}
