import {
  type LedOptions,
  type LedRequest,
  listSession,
  release,
  type Stepped,
  sendLed,
} from '../client/stepped-requests.ts';

/** Where a request stands once nothing more comes of it by itself. */
export type Standing = 'not sent' | 'held' | 'blocked' | 'answered';

export interface PlayerOptions extends LedOptions {
  /** Where the step control is asked: any instance will do. */
  readonly controlUrl: string;
  /** Sends a request that nobody stands in the way of to the same instance; resolves when it was carried out. */
  readonly sendUnhindered: () => Promise<void>;
  /** Told each step that was released and is done, in the order in which they were done. */
  readonly onStep: (step: string) => void;
}

/** One of the two requests of a replay. */
export interface Player {
  readonly standing: Standing;
  readonly request: LedRequest | undefined;
  /**
   * Sends the request and waits until it is held before its first step, or releases it from the step that it is held
   * before and waits until that is done: until it is held once more, or answered, or blocked. It is blocked when it has
   * stood still for so long that a request for another user, sent later to the same instance, was carried out from its
   * beginning to its end: a measure that is slow on a slow machine, as the request itself is.
   *
   * @param mayBeBlocked whether there is somebody to wait for; if there is not, it must come.
   * @throws when it does not come within ten seconds, or fails.
   */
  go(mayBeBlocked: boolean): Promise<void>;
  /** Looks again where a blocked request stands, and waits for it unless it may still be blocked. */
  look(mayBeBlocked: boolean): Promise<void>;
}

const comesWithinMs = 10_000;
/** Most come sooner than this. One whose write was refused first pauses for up to 10 ms. */
const patienceMs = 25;

export function createPlayer({ controlUrl, sendUnhindered, onStep, ...led }: PlayerOptions): Player {
  let request: LedRequest | undefined;
  let standing: Standing = 'not sent';
  /** The hold that it is in, or was in last. */
  let hold: Pick<Stepped, 'holds' | 'heldBefore'> = { holds: 0, heldBefore: null };
  /** Released, and not known to be done. */
  let underWay: Stepped['heldBefore'] = null;

  /** @returns whether it is held or answered. */
  async function hasCome(): Promise<boolean> {
    const listed = (await listSession(controlUrl, led.session)).find(({ requestId }) => requestId === led.requestId);
    if (request?.failure) throw request.failure;
    const isHeld = listed !== undefined && listed.heldBefore !== null && listed.holds > hold.holds;
    if (!isHeld && !request?.operation) return false;
    if (underWay) onStep(underWay);
    underWay = null;
    if (isHeld) hold = listed;
    standing = isHeld ? 'held' : 'answered';
    return true;
  }

  async function settle(mayBeBlocked: boolean): Promise<void> {
    const since = performance.now();
    while (!(await hasCome())) {
      const waitedMs = performance.now() - since;
      if (mayBeBlocked && waitedMs > patienceMs) {
        await sendUnhindered();
        if (!(await hasCome())) standing = 'blocked';
        return;
      }
      if (waitedMs > comesWithinMs) throw new Error(`${led.requestId} has come no further within ${comesWithinMs} ms`);
    }
  }

  return {
    get standing() {
      return standing;
    },
    get request() {
      return request;
    },
    async go(mayBeBlocked) {
      if (!request) request = sendLed(led);
      else {
        await release(controlUrl, led.session, led.requestId);
        underWay = hold.heldBefore;
      }
      await settle(mayBeBlocked);
    },
    async look(mayBeBlocked) {
      if (mayBeBlocked) await hasCome();
      else await settle(false);
    },
  };
}
