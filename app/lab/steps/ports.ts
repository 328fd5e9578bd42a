import type { GuardedAccount, LockMode } from '../../lock-modes/index.ts';
import type { Processor } from '../../payments/processor.ts';
import type { Holds } from './holds.ts';

/** A mode whose guarded account is held before each read and write: inside the guard, where rivals can meet it. */
export function heldMode(mode: LockMode, holds: Holds): LockMode {
  return {
    ...mode,
    guard: (section, work) =>
      mode.guard(section, (account) => {
        holds.keepAlive(account.renew);
        return work(heldAccount(account, holds));
      }),
  };
}

function heldAccount(account: GuardedAccount, holds: Holds): GuardedAccount {
  return {
    async read() {
      await holds.before('read', 'read the account');
      const found = await account.read();
      holds.saw(found);
      return found;
    },
    async write(change, snapshot, precondition) {
      await holds.before('write', `write ${change.paid ? 'paid' : 'free'} over version ${snapshot.version}`);
      return account.write(change, snapshot, precondition);
    },
  };
}

/** A processor that is held before each charge and refund. */
export function heldProcessor(processor: Processor, holds: Holds): Processor {
  let turn: Promise<unknown> = Promise.resolve(); // a request is held before one step at a time
  return {
    async charge(userId, amount, call) {
      await holds.before('act', `charge ${amount}`);
      return processor.charge(userId, amount, call);
    },
    refund(chargeId, call) {
      const refunded = turn.then(async () => {
        await holds.before('act', `refund charge ${chargeId}`);
        return processor.refund(chargeId, call);
      });
      turn = refunded.catch(() => {});
      return refunded;
    },
  };
}
