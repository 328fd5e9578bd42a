import type { Account, OpenCharge } from '../../app/payments/account.ts';
import { type Command, decide } from '../../app/payments/decide.ts';
import type { ToldCall } from '../verify/operation.ts';
import { amount, type Name, names, type Pair } from './pairs.ts';
import { judgeHistory, type Replayed, type Wrong } from './replayed.ts';

/** One user's account and books, with nothing to guard them. */
interface World {
  paid: boolean;
  version: number;
  staleWrites: number;
  nextCharge: number;
  open: OpenCharge[];
}

/** A request that stops before each of its steps, as the step control stops the real one. */
type Walk = Generator<'read' | 'act' | 'write', string>;

/** A pay or a cancel without a guard, in which nothing fails: read, decide, act, write. */
function* walk(world: World, command: Command): Walk {
  for (;;) {
    yield 'read';
    const basis: Account = { paid: world.paid, version: world.version, openCharges: [...world.open] };
    const decision = decide(basis, command);
    const write = (paid: boolean) => {
      if (world.version !== basis.version) world.staleWrites += 1;
      Object.assign(world, { paid, version: world.version + 1 });
    };
    switch (decision.act) {
      case 'none':
        return decision.answer;
      case 'charge':
        yield 'act';
        world.open.push({ id: world.nextCharge++, amount: decision.amount });
        yield 'write';
        write(true);
        return 'paid';
      case 'refund': {
        let refunded = false;
        for (const { id } of decision.charges) {
          yield 'act';
          const before = world.open.length;
          world.open = world.open.filter((charge) => charge.id !== id);
          refunded ||= world.open.length < before;
        }
        // Somebody else has refunded all of it, and there is no flag to clear: it starts again.
        if (!refunded && !basis.paid) continue;
        yield 'write';
        write(false);
        return 'cancelled';
      }
      case 'clear':
        yield 'write';
        write(false);
        return 'cancelled';
    }
  }
}

/**
 * What an order comes to when nothing guards, by the service's own pure `decide`. A request whose turn comes when it has
 * ended is passed over; what is left when the order is over is done by A first.
 */
export function predict({ commands, starts }: Pair, order: readonly Name[]): Replayed {
  const paid = starts === 'paid';
  const world: World = {
    paid,
    version: paid ? 1 : 0,
    staleWrites: 0,
    nextCharge: 1,
    open: paid ? [{ id: 0, amount }] : [],
  };
  const walks = {} as Record<Name, { walk: Walk; next: string; invokedAtMs: number }>;
  const answers = {} as Record<Name, string>;
  const history: ToldCall[] = paid ? [{ call: 'pay', answer: 'paid', invokedAtMs: 0, returnedAtMs: 0 }] : [];
  const executed: string[] = [];
  let now = 1;

  const step = (name: Name) => {
    if (answers[name] !== undefined) return;
    now += 1;
    if (!walks[name]) {
      const begun = walk(world, { kind: commands[name], amount });
      walks[name] = { walk: begun, next: String(begun.next().value), invokedAtMs: now };
    }
    const own = walks[name];
    executed.push(`${name} ${own.next}`);
    const { done, value } = own.walk.next();
    own.next = value;
    if (!done) return;
    answers[name] = value;
    history.push({ call: commands[name], answer: value, invokedAtMs: own.invokedAtMs, returnedAtMs: now + 0.5 });
  };
  for (const name of order) step(name);
  for (const name of names) while (answers[name] === undefined) step(name);

  history.push({ call: 'read', answer: world.paid ? 'paid' : 'free', invokedAtMs: now + 1, returnedAtMs: now + 2 });
  return {
    order: order.join(''),
    blocked: false,
    executed,
    answers: { A: answers.A, B: answers.B },
    staleWrites: world.staleWrites,
    wrong: wrongWith(world),
    linearizable: judgeHistory(history),
  };
}

function wrongWith({ paid, open }: World): Wrong | null {
  if (open.length === (paid ? 1 : 0)) return null;
  if (!paid) return 'chargedWithoutAccess';
  return open.length === 0 ? 'accessWithoutPaying' : 'chargedTwice';
}
