import type { IdempotencyKeys, KeyClaim } from '../../app/payments/idempotency/idempotency-keys.ts';
import type { RepairClaim } from '../../app/payments/idempotency/repair-claim.ts';
import type { KeptAnswer } from '../../app/payments/outcome.ts';

interface KeyState {
  readonly id: string;
  attempt: number;
  pass: number;
  isLeased: boolean;
  /** Its last execution has done nothing, as all before it. */
  hasDoneNothing: boolean;
  /** How often its lease has ended. */
  ends: number;
  answer?: KeptAnswer;
}

/** Runs `work` as one atomic step, when its execution may take it. */
export type Step = <T>(work: () => T) => Promise<T>;

/** The idempotency keys in memory. Every access is one step. */
interface Keys {
  port(step: Step): IdempotencyKeys;
  /** Claims the key of a request without an execution in progress, in two steps as the service does. */
  claimDead(step: Step, id: string): Promise<RepairClaim | undefined>;
  /** @returns the key of a request without an answer. */
  unanswered(id: string): { readonly pass: number } | undefined;
  /** Ends the lease of every key but these, which have a live execution. */
  endLeases(live: ReadonlySet<string | undefined>): void;
  /** @returns all that it holds. */
  states(): unknown;
}

export function createKeys(): Keys {
  const keys = new Map<string, KeyState>();
  /** What each claim has found when it asked whether it is held, which is no step. */
  const checks: { readonly id: string; readonly attempt: number; readonly endsBefore: number; held: boolean[] }[] = [];
  const unanswered = (id: string) => [...keys.values()].find((state) => state.id === id && state.answer === undefined);

  function port(step: Step): IdempotencyKeys {
    const claimOf = (
      state: KeyState,
      attempt: number,
      id: string,
      isRecovery: boolean,
    ): KeyClaim & { readonly attempt: number } => {
      const endsBefore = state.ends;
      const held: boolean[] = [];
      checks.push({ id, attempt, endsBefore, held });
      const change = (work: () => void) =>
        step(() => {
          if (state.attempt !== attempt) return false;
          work();
          return true;
        });
      const renew = () => change(() => Object.assign(state, { isLeased: true }));
      return {
        id,
        attempt,
        pass: state.pass,
        isRecovery,
        beginPass: (pass) => change(() => Object.assign(state, { pass })),
        finish: (answer) => change(() => Object.assign(state, { answer, isLeased: false })),
        release: async (hasDoneNothing) => {
          await change(() => Object.assign(state, { isLeased: false, attempt: state.attempt + 1, hasDoneNothing }));
        },
        renew,
        isHeld: async () => {
          const isHeld = state.ends === endsBefore;
          held.push(isHeld);
          return isHeld || renew();
        },
      };
    };
    return {
      leaseMs: 2 ** 30,
      claim: ({ key }) =>
        step(() => {
          const known = keys.get(key);
          if (known?.answer !== undefined) return { outcome: 'finished', answer: known.answer, requestId: key };
          if (known?.isLeased) return { outcome: 'key-in-use', retryAfterMs: 1 };
          const id = known?.id ?? `key-${key}`;
          const state = known ?? { id, attempt: 0, pass: 1, isLeased: true, hasDoneNothing: true, ends: 0 };
          const isRecovery = !state.hasDoneNothing;
          Object.assign(state, { attempt: state.attempt + 1, isLeased: true, hasDoneNothing: false });
          keys.set(key, state);
          return { outcome: 'claimed', claim: claimOf(state, state.attempt, id, isRecovery) };
        }),
    };
  }

  async function claimDead(step: Step, id: string): Promise<RepairClaim | undefined> {
    const state = unanswered(id);
    const isDead = () => state !== undefined && !state.isLeased && state.answer === undefined;
    const seen = await step(() => (isDead() ? state?.attempt : undefined));
    if (!state || seen === undefined) return undefined;
    const change = (work: () => void, attempt: number) =>
      step(() => {
        if (state.attempt !== attempt || state.answer !== undefined) return false;
        work();
        return true;
      });
    if (!(await change(() => Object.assign(state, { attempt: seen + 1, isLeased: true }), seen))) return undefined;
    return {
      endPass: (pass) => change(() => Object.assign(state, { pass: Math.max(state.pass, pass + 1) }), seen + 1),
      release: async () => void (await change(() => Object.assign(state, { isLeased: false }), seen + 1)),
    };
  }

  return {
    port,
    claimDead,
    unanswered,
    states: () => [[...keys], checks],
    endLeases(live) {
      for (const [key, state] of keys) {
        if (live.has(key)) continue;
        state.isLeased = false;
        state.ends += 1;
      }
    },
  };
}
