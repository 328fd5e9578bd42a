import type { GuardedAccount, LockMode } from '../../lock-modes/index.ts';
import type { Account } from '../../payments/account.ts';
import { type Command, type Decision, decide, decideToFinish } from '../../payments/decide.ts';
import type { Processor } from '../../payments/processor.ts';
import { shownCharges } from '../shown-charges.ts';
import type { TraceSight } from './event.ts';
import type { Recorder } from './recorder.ts';

/** The ports of the payment service. */
export interface Ports {
  readonly mode: LockMode;
  readonly processor: Processor;
}

/** What the trace needs besides the ports. */
export interface Traced {
  readonly command: Command;
  readonly recorder: Recorder;
  /** @returns the version that a write just overwrote. Never rejects. */
  readonly overwrittenBy: (attemptId: string) => Promise<number | undefined>;
}

/**
 * The same ports, with every use recorded. They must be innermost, so that holds around them do not count as part of a
 * step's time.
 */
export function tracedPorts({ mode, processor }: Ports, traced: Traced): Ports {
  const { command, recorder } = traced;
  let refunded = false;
  let begun = false;

  /** @returns the service's decision on this read, which depends on nothing else. */
  const decided = (account: Account): Decision['act'] =>
    (begun ? decideToFinish(account, command) : decide(account, command)).act;

  return {
    mode: {
      ...mode,
      async guard(section, work) {
        recorder.nextPass();
        begun ||= refunded && command.kind === 'cancel'; // a pay refunds only its own charge, and starts over
        const key = mode.lockOf?.(section);
        const lock = key === undefined ? undefined : tracedLock(key, recorder);
        const entry = mode.guard(section, (account) => {
          lock?.granted(account);
          return work(tracedAccount(account, decided, traced, section.attempt.id));
        });
        return lock ? lock.left(entry) : entry;
      },
    },
    processor: {
      async charge(userId, amount, call) {
        const since = performance.now();
        const charge = await processor.charge(userId, amount, call);
        recorder.record('charged', { chargeId: charge.id, gateway: 'charged' }, since);
        return charge;
      },
      async refund(chargeId, call) {
        const since = performance.now();
        const result = await processor.refund(chargeId, call);
        refunded ||= result === 'refunded';
        recorder.record('refunded', { chargeId, gateway: result }, since);
        return result;
      },
    },
  };
}

/** Records one pass's wait for a lock, from now on, and its hold. */
function tracedLock(key: string, recorder: Recorder) {
  let heldSince: number | undefined;
  recorder.record('waiting', { key });
  const waitsSince = performance.now(); // after that event: no step begins before the one that it follows
  const released = (details: { outcome?: string }) => {
    if (heldSince !== undefined) recorder.record('released', { key, ...details }, heldSince);
  };
  return {
    granted({ token }: GuardedAccount): void {
      heldSince = performance.now();
      recorder.record('granted', { key, ...tokenOf(token) }, waitsSince);
    },
    /** @returns what the guard returns. Records a release only if the lock was granted. */
    async left<T extends { outcome: string }>(entry: Promise<T>): Promise<T> {
      try {
        const ended = await entry;
        released({ outcome: ended.outcome });
        return ended;
      } catch (error) {
        released({});
        throw error;
      }
    },
  };
}

function tracedAccount(
  account: GuardedAccount,
  decided: (account: Account) => Decision['act'],
  { recorder, overwrittenBy }: Traced,
  attemptId: string,
): GuardedAccount {
  const { token } = account;
  return {
    ...account,
    async read() {
      const since = performance.now();
      const found = await account.read();
      recorder.record('read', { saw: found ? sightOf(found) : null }, since);
      if (found) recorder.record('decided', { decision: decided(found) });
      return found;
    },
    async write(change, snapshot, precondition) {
      const since = performance.now();
      const result = await account.write(change, snapshot, precondition);
      const details = { paid: change.paid, readVersion: snapshot.version, ...tokenOf(token) };
      if (result !== 'written') recorder.record('refused', details, since);
      else {
        const found = overwrittenBy(attemptId).then((overwrote) => overwrote !== undefined && { overwrote });
        recorder.record('written', details, since, found);
      }
      return result;
    },
  };
}

const tokenOf = (token: bigint | undefined) => (token === undefined ? {} : { token: String(token) });

const sightOf = ({ paid, version, openCharges }: Account): TraceSight => ({
  paid,
  version,
  ...shownCharges(openCharges),
});
