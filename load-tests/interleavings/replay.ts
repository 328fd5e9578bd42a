import { z } from 'zod';
import { callLab } from '../client/lab-client.ts';
import { letGo, post } from '../client/stepped-requests.ts';
import { type Audit, auditSchema } from '../verify/audit.ts';
import type { ToldCall } from '../verify/operation.ts';
import { type Name, names, type Pair } from './pairs.ts';
import { LateError, play } from './play.ts';
import { createPlayer, type Player } from './player.ts';
import { judgeHistory, type Replayed, type Wrong } from './replayed.ts';

/** The stack, and what every replay on it has in common. */
export interface Stage {
  /** nginx's: for the step control and the audit. */
  readonly url: string;
  /** Where each request goes: straight to an instance of its own, as nginx would put both on one now and then. */
  readonly instances: Readonly<Record<Name, string>>;
  readonly mode: string;
  readonly pair: Pair;
  /** A user whom only unhindered requests are for. */
  readonly bystander: number;
}

/** How often an order is replayed if the machine was too slow to tell who is blocked. */
const mostTries = 5;

/**
 * Replays an order on the real stack, as {@link play} has it, and asks the witnesses.
 *
 * @param nextUser gives a free user whom nobody has used.
 * @throws when the stack does not answer or a request does not come to its end.
 */
export async function replay(stage: Stage, order: readonly Name[], nextUser: () => number): Promise<Replayed> {
  for (let tries = 1; ; tries++) {
    try {
      return await replayFor(nextUser(), stage, order);
    } catch (error) {
      if (!(error instanceof LateError) || tries === mostTries) throw error;
    }
  }
}

async function replayFor(userId: number, stage: Stage, order: readonly Name[]): Promise<Replayed> {
  const { url, pair } = stage;
  const history: ToldCall[] = [];
  if (pair.starts === 'paid') history.push(await payFirst(userId, stage));
  const before = await callLab(url, '/lab/audit', auditSchema);

  const session = `user-${userId}`;
  const executed: string[] = [];
  const playerOf = (name: Name): Player =>
    createPlayer({
      url: stage.instances[name],
      controlUrl: url,
      session,
      requestId: `${session}-${name}`,
      userId,
      command: pair.commands[name],
      mode: stage.mode,
      sendUnhindered: () => sendUnhindered(stage, name),
      onStep: (step) => executed.push(`${name} ${step}`),
    });
  const players: Record<Name, Player> = { A: playerOf('A'), B: playerOf('B') };
  let blocked: boolean;
  try {
    blocked = await play(players, order);
  } finally {
    await letGo(url, session); // whom an error has left behind
    await Promise.all(names.map((name) => players[name].request?.ended));
  }

  const answers = {} as Record<Name, string>;
  for (const name of names) {
    const operation = players[name].request?.operation;
    if (!operation) throw new Error(`${name} of ${session} was not answered`);
    answers[name] = operation.answer;
    history.push(operation);
  }
  history.push(await readFlag(userId, url));
  const after = await callLab(url, '/lab/audit', auditSchema);
  return {
    order: order.join(''),
    blocked,
    executed,
    answers,
    staleWrites: after.staleWrites - before.staleWrites,
    wrong: whatCame(before, after),
    linearizable: judgeHistory(history),
  };
}

async function payFirst(userId: number, { mode, instances }: Stage): Promise<ToldCall> {
  const invokedAtMs = performance.now();
  const answer = await post(instances.A, { userId, command: 'pay', headers: { 'x-lock-mode': mode } });
  if (answer !== 'paid') throw new Error(`user ${userId} could not be made to have paid: ${answer}`);
  return { call: 'pay', answer, invokedAtMs, returnedAtMs: performance.now() };
}

async function sendUnhindered({ mode, instances, bystander }: Stage, name: Name): Promise<void> {
  for (const command of ['pay', 'cancel'] as const) {
    await post(instances[name], { userId: bystander, command, headers: { 'x-lock-mode': mode } });
  }
}

async function readFlag(userId: number, url: string): Promise<ToldCall> {
  const invokedAtMs = performance.now();
  const { paid } = await callLab(url, `/users/${userId}`, z.object({ paid: z.boolean() }));
  return { call: 'read', answer: paid ? 'paid' : 'free', invokedAtMs, returnedAtMs: performance.now() };
}

/** What is wrong now and was not before: one user at a time is at work. */
function whatCame(before: Audit, after: Audit): Wrong | null {
  const kinds = ['accessWithoutPaying', 'chargedTwice', 'chargedWithoutAccess'] as const;
  return kinds.find((kind) => after[kind] > before[kind]) ?? null;
}
