import type { HoldPoint } from '../../app/lab/steps/board.ts';
import {
  listSession,
  release,
  type SteppedRequest,
  type SteppedRequestOptions,
  sendStepped,
} from '../client/stepped-requests.ts';

/** The state of a request that does not advance by itself. */
export type RunnerState = 'not sent' | 'held' | 'blocked' | 'answered';

export interface RunnerOptions extends SteppedRequestOptions {
  /** Any instance: its step control serves all. */
  readonly controlUrl: string;
  /** Sends an uncontended request to the same instance; resolves when it was carried out. */
  readonly sendProbe: () => Promise<void>;
  /** Receives each completed step, in order of completion. */
  readonly onStep: (step: string) => void;
}

/** Steps one of the two requests of a replay. */
export interface Runner {
  readonly state: RunnerState;
  readonly request: SteppedRequest | undefined;
  /**
   * Sends the request, or releases it from its hold, and waits until it is held again, answered or blocked. It counts as
   * blocked when a probe for another user, sent later to the same instance, was carried out before it advanced: a timeout
   * that scales with the machine's speed.
   *
   * @param mayBeBlocked whether a rival may block it; otherwise it must advance.
   * @throws when it does not advance within ten seconds, or fails.
   */
  advance(mayBeBlocked: boolean): Promise<void>;
  /** Updates the state of a blocked request, and waits for it to advance unless it may still be blocked. */
  recheck(mayBeBlocked: boolean): Promise<void>;
}

const advancesWithinMs = 10_000;
/** Time before the probe. Most requests advance sooner. */
const probeAfterMs = 10;

export function createRunner({ controlUrl, sendProbe, onStep, ...stepped }: RunnerOptions): Runner {
  let request: SteppedRequest | undefined;
  let state: RunnerState = 'not sent';
  /** The current or last hold. */
  let hold: { holds: number; heldBefore: HoldPoint | null } = { holds: 0, heldBefore: null };
  /** The step that was released and has not completed. */
  let stepInProgress: HoldPoint | null = null;

  /** @returns true once it is held again or answered. */
  async function hasAdvanced(): Promise<boolean> {
    const session = await listSession(controlUrl, stepped.session);
    const listed = session.find(({ requestId }) => requestId === stepped.requestId);
    if (request?.failure) throw request.failure;
    const isHeld = listed !== undefined && listed.heldBefore !== null && listed.holds > hold.holds;
    if (!isHeld && !request?.operation) return false;
    if (stepInProgress) onStep(stepInProgress);
    stepInProgress = null;
    if (isHeld) hold = listed;
    state = isHeld ? 'held' : 'answered';
    return true;
  }

  async function settle(mayBeBlocked: boolean): Promise<void> {
    const since = performance.now();
    while (!(await hasAdvanced())) {
      const waitedMs = performance.now() - since;
      if (mayBeBlocked && waitedMs > probeAfterMs) {
        await sendProbe();
        if (!(await hasAdvanced())) state = 'blocked';
        return;
      }
      if (waitedMs > advancesWithinMs) {
        throw new Error(`${stepped.requestId} did not advance within ${advancesWithinMs} ms`);
      }
    }
  }

  return {
    get state() {
      return state;
    },
    get request() {
      return request;
    },
    async advance(mayBeBlocked) {
      if (!request) request = sendStepped(stepped);
      else {
        await release(controlUrl, stepped.session, stepped.requestId);
        stepInProgress = hold.heldBefore;
      }
      await settle(mayBeBlocked);
    },
    async recheck(mayBeBlocked) {
      if (mayBeBlocked) await hasAdvanced();
      else await settle(false);
    },
  };
}
