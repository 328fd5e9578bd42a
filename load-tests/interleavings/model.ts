import type { Account, OpenCharge } from '../../app/payments/account.ts';
import { type Command, decide, decideToFinish } from '../../app/payments/decide.ts';
import { amount } from '../client/stepped-requests.ts';
import type { AnsweredCall } from '../verify/operation.ts';
import { type Name, names, type Pair } from './pairs.ts';
import { type Anomaly, isLinearizable, type ReplayResult } from './replay-result.ts';

/** One user's flag and ledger, without a guard. */
interface ModelState {
  paid: boolean;
  version: number;
  staleWrites: number;
  nextCharge: number;
  open: OpenCharge[];
  paidBy: OpenCharge | undefined;
}

/** A request that yields before each step, where the step control holds the real one. */
type ModelRequest = Generator<'read' | 'act' | 'write', string>;

/** What a write requires in the mode: nothing, or that the flag is as it was read. */
export type ModelMode = 'none' | 'conditional';

/** A pay or cancel that nothing keeps out, without faults: read, decide, act, write. */
function* runRequest(state: ModelState, command: Command, mode: ModelMode): ModelRequest {
  let begun = false;
  for (;;) {
    yield 'read';
    const basis: Account = {
      paid: state.paid,
      version: state.version,
      openCharges: [...state.open],
      ...(state.paidBy && state.open.includes(state.paidBy) && { paidBy: state.paidBy }),
    };
    const decision = begun ? decideToFinish(basis, command) : decide(basis, command);
    /** @returns false if it was refused. */
    const write = (paidBy: OpenCharge | undefined): boolean => {
      if (mode === 'conditional' && state.paid !== basis.paid) return false;
      if (state.version !== basis.version) state.staleWrites += 1;
      Object.assign(state, { paid: paidBy !== undefined, paidBy, version: state.version + 1 });
      return true;
    };
    const refund = (id: number): boolean => {
      const before = state.open.length;
      state.open = state.open.filter((charge) => charge.id !== id);
      return state.open.length < before;
    };
    switch (decision.act) {
      case 'none':
        return decision.answer;
      case 'charge': {
        yield 'act';
        const own = { id: state.nextCharge++, amount: decision.amount };
        state.open.push(own);
        yield 'write';
        if (write(own)) return 'paid';
        yield 'act'; // takes it back
        if (!refund(own.id)) return 'stale-write';
        continue;
      }
      case 'refund': {
        let refunded: boolean = begun;
        for (const { id } of decision.charges) {
          yield 'act';
          if (refund(id)) refunded = true;
        }
        // A rival has refunded all charges, and there is no flag to clear: start again from the read.
        if (!refunded && !basis.paid) continue;
        yield 'write';
        if (write(undefined)) return 'cancelled';
        begun = refunded;
        continue;
      }
      case 'clear':
        yield 'write';
        if (write(undefined)) return 'cancelled';
        continue;
    }
  }
}

/**
 * Predicts the result of an order in a mode that keeps no request out, by the service's own pure `decide`. A request that has ended is
 * skipped; steps left at the end of the order run with A first.
 */
export function predict({ commands, starts }: Pair, order: readonly Name[], mode: ModelMode = 'none'): ReplayResult {
  const paid = starts === 'paid';
  const first = { id: 0, amount };
  const state: ModelState = {
    paid,
    version: paid ? 1 : 0,
    staleWrites: 0,
    nextCharge: 1,
    open: paid ? [first] : [],
    paidBy: paid ? first : undefined,
  };
  const requests = {} as Record<Name, { steps: ModelRequest; next: string; invokedAtMs: number }>;
  const answers = {} as Record<Name, string>;
  const history: AnsweredCall[] = paid ? [{ call: 'pay', answer: 'paid', invokedAtMs: 0, returnedAtMs: 0 }] : [];
  const executed: string[] = [];
  let now = 1;

  const step = (name: Name) => {
    if (answers[name] !== undefined) return;
    now += 1;
    if (!requests[name]) {
      const steps = runRequest(state, { kind: commands[name], amount }, mode);
      requests[name] = { steps, next: String(steps.next().value), invokedAtMs: now };
    }
    const request = requests[name];
    executed.push(`${name} ${request.next}`);
    const { done, value } = request.steps.next();
    request.next = value;
    if (!done) return;
    answers[name] = value;
    history.push({ call: commands[name], answer: value, invokedAtMs: request.invokedAtMs, returnedAtMs: now + 0.5 });
  };
  for (const name of order) step(name);
  for (const name of names) while (answers[name] === undefined) step(name);

  history.push({ call: 'read', answer: state.paid ? 'paid' : 'free', invokedAtMs: now + 1, returnedAtMs: now + 2 });
  return {
    order: order.join(''),
    blocked: false,
    executed,
    answers: { A: answers.A, B: answers.B },
    staleWrites: state.staleWrites,
    wrong: anomalyOf(state),
    linearizable: isLinearizable(history),
  };
}

function anomalyOf({ paid, open }: ModelState): Anomaly | null {
  if (open.length === (paid ? 1 : 0)) return null;
  if (!paid) return 'chargedWithoutAccess';
  return open.length === 0 ? 'accessWithoutPaying' : 'chargedTwice';
}
