import { setTimeout as sleep } from 'node:timers/promises';
import { askRedis } from '../../stack/servers/ask-redis.ts';
import type { RedisServer } from '../../stack/servers/redis.ts';
import { cutOff, type Fault, killed } from '../context/faults.ts';
import { lockServers, type ScenarioContext } from '../context/scenario-context.ts';
import { Inconclusive } from '../verdict.ts';
import { assertAdmitted } from './admission.ts';
import type { Scenario } from './scenario.ts';

/** The third of the holder's three nodes: without it, the holder has no majority. */
function decidingNode({ stack }: ScenarioContext): RedisServer {
  const node = stack.redlock[2];
  if (!node) throw new Error('too few nodes');
  return node;
}

/** Grants A its lock on three of five nodes: the other two are unreachable. A has charged when this returns. */
async function holdBareMajority(context: ScenarioContext) {
  const cut = cutOff('A cannot reach nodes 4 and 5', ['redlock-4', 'redlock-5'], context.proxies.redlock.slice(3));
  await context.inject(cut);
  const sentAtMs = performance.now();
  const holder = context.send({ who: 'A', at: context.instances[0], userId: context.userId, command: 'pay' });
  await holder.stepUntil('write');
  cut.assertHit(lockServers(context.mode, context.proxies).slice(3));
  return { holder, sentAtMs };
}

/** The node loses its data; B cancels, if admitted; A continues within its lease. */
async function raceAfterAmnesia(context: ScenarioContext, fault: Fault): Promise<void> {
  const { holder, sentAtMs } = await holdBareMajority(context);
  const heal = await context.inject(fault);
  await heal(); // the node is back, without its data
  const { userId, instances } = context;
  const rival = context.send({ who: 'B', at: instances[1], userId, command: 'cancel', stepped: false });
  const withinMs = context.leaseMs / 2;
  const rivalGotIn = await rival.tryAnswer(withinMs);
  assertAdmitted(context, { isAdmitted: rivalGotIn, withinMs });
  context.note('rivalGotIn', rivalGotIn);
  await holder.resume();
  const answer = await holder.answer();
  const tookMs = Math.round(performance.now() - sentAtMs);
  await rival.answer();
  if (answer !== 'paid')
    throw new Inconclusive(`A was answered ${answer} after ${tookMs} ms: its lease may have expired`);
}

export const nodeRestartsEmpty: Scenario = {
  name: 'node-restarts-empty',
  claim:
    'A node that restarts without its data within the TTL makes Redlock grant a lock twice; a crashed node must stay away for longer than the longest TTL.',
  source:
    'Redis documentation, "Distributed Locks with Redis", "Performance, crash recovery and fsync" (delayed restarts)',
  fault: 'A holds three of five nodes; SIGKILL of the third, which comes back empty at once',
  run: (context) => raceAfterAmnesia(context, killed(decidingNode(context))),
};

export const nodeRestartsLate: Scenario = {
  name: 'node-restarts-late',
  claim: 'The same node does no harm if it stays away until the TTL has expired.',
  source: nodeRestartsEmpty.source,
  fault: 'A holds three of five nodes; SIGKILL of the third, which comes back empty one TTL after the last renewal',
  async run(context) {
    const { holder, sentAtMs } = await holdBareMajority(context);
    const heal = await context.inject(killed(decidingNode(context)));
    const renewedAtMs = performance.now(); // at the latest: from now on, A reaches two nodes of five
    const { userId, instances } = context;
    const rival = context.send({ who: 'B', at: instances[1], userId, command: 'cancel', stepped: false });
    // A's lease lasts at least as long, renewed or not.
    const rivalGotIn = await rival.tryAnswer(sentAtMs + context.leaseMs * 0.9 - performance.now());
    context.note('rivalGotInWhileAHeld', rivalGotIn);
    const goOn = async () => {
      await holder.resume();
      context.note('holderIsAnswered', await holder.answer());
    };
    if (rivalGotIn) await goOn(); // within its lease, so that the witnesses see what both have written
    await sleep(Math.max(0, renewedAtMs + context.leaseMs + 200 - performance.now()));
    await heal();
    await rival.answer();
    if (!rivalGotIn) await goOn();
  },
};

/** Brings every expiry on a node forward, as a clock jump would. */
function clockJump(node: RedisServer, jumpMs: number): Fault {
  return {
    what: `the clock of ${node.name} jumps ahead by ${jumpMs} ms (equivalent: every expiry on it is brought forward)`,
    targets: [node.name],
    inject: () =>
      askRedis(node.url, async (redis) => {
        for (const key of await redis.keys('*')) {
          const expiresAt = await redis.pexpiretime(key);
          if (expiresAt > 0) await redis.pexpireat(key, Math.max(1, expiresAt - jumpMs));
        }
      }),
    heal: async () => {}, // nothing to undo
  };
}

export const clockJumpAhead: Scenario = {
  name: 'clock-jump',
  claim:
    'Redlock is only as safe as its nodes’ clocks: one that jumps ahead expires a lock early, and a second majority forms.',
  source:
    'Kleppmann (2016), "Breaking Redlock with bad timings"; antirez (2016), http://antirez.com/news/101, on clocks that do not jump',
  fault: 'equivalent, not real: on the third of A’s three nodes, every expiry is brought forward by the jump',
  run: (context) => raceAfterAmnesia(context, clockJump(decidingNode(context), 2 * context.leaseMs)),
};
