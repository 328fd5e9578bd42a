/** What bounds a request's waits, in milliseconds, as an instance is told. */
export interface RequestBounds {
  readonly lockWaitMs: number;
  /** How long a call to the processor takes on average. */
  readonly gatewayMs: number;
  readonly mysqlTimeoutMs: number;
  readonly redisTimeoutMs: number;
  /** Whether requests may choose the processor's time for themselves, and be held before their steps. */
  readonly lab: boolean;
}

/** Of a pass: two for the fencing token, the read, the charge, the write, its commit, and the charge's taking back. */
const statements = 7;
/** The charge or a refund, and the taking back. */
const gatewayCalls = 2;
/** The grant and the release, of this pass and of the one before. */
const lockCalls = 4;
/** Before the read, the act, the write and the taking back. */
const holds = 4;
/** The longest that `X-Gateway-Ms` and `X-Lab-Hold-Ms` may ask for: nginx waits for an answer for 35 s. */
export const longestChosenMs = 30_000;

/**
 * How long a pay or a cancel can be under way, in milliseconds, without leaving a trace in the books or on the flag: the
 * wait for the lock, all passes together, and then the last pass with every time limit used up. A connection may take as
 * long as the statement that it is for. The cancel of many charges takes longer than that, and leaves a refund behind at
 * each step.
 *
 * It holds for a process that runs. One that is frozen can be under way for ever.
 */
export function longestRequestMs(bounds: RequestBounds): number {
  const { lockWaitMs, gatewayMs, mysqlTimeoutMs, redisTimeoutMs, lab } = bounds;
  const gatewayCallMs = Math.max(10 * gatewayMs, lab ? longestChosenMs : 0); // ten times: see createGateway
  const heldMs = lab ? holds * longestChosenMs : 0;
  const serversMs = statements * 2 * mysqlTimeoutMs + lockCalls * redisTimeoutMs;
  return lockWaitMs + serversMs + gatewayCalls * gatewayCallMs + heldMs;
}
