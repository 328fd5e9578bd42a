import { type Audit, auditSchema } from '../../app/lab/audit-schema.ts';
import { lockModeNames, lockModeTraits } from '../../app/lock-modes/registry.ts';
import { userSchema } from '../../app/payments/users.ts';
import { callLab } from '../client/lab-client.ts';
import { post, resume } from '../client/stepped-requests.ts';
import type { AnsweredCall } from '../verify/operation.ts';
import { type Name, names, type Pair } from './pairs.ts';
import { type Anomaly, isLinearizable, type ReplayResult } from './replay-result.ts';
import { type Blocks, LateError, runOrder } from './run-order.ts';
import { createRunner, type Runner } from './runner.ts';

/** What all replays of a pair in a mode share. */
export interface ReplayContext {
  /** Each request's own instance: nginx might route both to the same one. */
  readonly instances: Readonly<Record<Name, string>>;
  readonly mode: string;
  readonly pair: Pair;
  /** A user for probes only. */
  readonly probeUser: number;
  readonly newViolations: ReturnType<typeof auditor>;
}

/**
 * @returns a function that audits the database and returns what was not there at its previous call. Only one user is active
 *   at a time, so counts suffice.
 */
export function auditor(url: string): () => Promise<Pick<ReplayResult, 'staleWrites' | 'wrong'>> {
  const kinds = ['accessWithoutPaying', 'chargedTwice', 'chargedWithoutAccess'] as const;
  let before: Partial<Audit> = {};
  return async () => {
    const after = await callLab(url, '/lab/audit', auditSchema);
    const more = (kind: 'staleWrites' | Anomaly) => after[kind] - (before[kind] ?? 0);
    const found = { staleWrites: more('staleWrites'), wrong: kinds.find((kind) => more(kind) > 0) ?? null };
    before = after;
    return found;
  };
}

/** Bounds the replays of an order on a machine too slow to tell a blocked request from a late one. */
const maxTries = 5;

/**
 * Replays an order on the real stack (see {@link runOrder}) and asks the witnesses.
 *
 * @param nextUser returns a fresh unpaid user.
 * @throws when the stack does not answer or a request does not end.
 */
export async function replay(
  context: ReplayContext,
  order: readonly Name[],
  nextUser: () => number,
): Promise<ReplayResult> {
  for (let tries = 1; ; tries++) {
    try {
      return await replayFor(nextUser(), context, order);
    } catch (error) {
      if (!(error instanceof LateError) || tries === maxTries) throw error;
    }
  }
}

async function replayFor(userId: number, context: ReplayContext, order: readonly Name[]): Promise<ReplayResult> {
  const { pair } = context;
  const url = context.instances.A;
  const history: AnsweredCall[] = [];
  if (pair.starts === 'paid') history.push(await payFirst(userId, context));

  const session = `user-${userId}`;
  const executed: string[] = [];
  const runnerOf = (name: Name): Runner =>
    createRunner({
      url: context.instances[name],
      controlUrl: url,
      session,
      requestId: `${session}-${name}`,
      userId,
      command: pair.commands[name],
      mode: context.mode,
      sendProbe: () => sendProbe(context, name),
      onStep: (step) => executed.push(`${name} ${step}`),
    });
  const runners: Record<Name, Runner> = { A: runnerOf('A'), B: runnerOf('B') };
  let blocked: boolean;
  try {
    blocked = await runOrder(runners, order, { blocks: blockedBy(context.mode) });
  } finally {
    await resume(url, session); // requests that an error left held
    await Promise.all(names.map((name) => runners[name].request?.ended));
  }

  const answers = {} as Record<Name, string>;
  for (const name of names) {
    const operation = runners[name].request?.operation;
    if (!operation) throw new Error(`${name} of ${session} was not answered`);
    answers[name] = operation.answer;
    history.push(operation);
  }
  history.push(await readFlag(userId, url));
  return {
    order: order.join(''),
    blocked,
    executed,
    answers,
    ...(await context.newViolations()),
    linearizable: isLinearizable(history),
  };
}

/** @returns what the mode's guard blocks on another instance. */
function blockedBy(mode: string): Blocks {
  const name = lockModeNames.find((known) => known === mode);
  if (!name) return 'entry';
  const { excludes, writeRequires } = lockModeTraits[name];
  if (writeRequires === 'isolation') return 'write';
  return excludes === 'key' || excludes === 'user' ? 'entry' : 'nothing';
}

async function payFirst(userId: number, { mode, instances }: ReplayContext): Promise<AnsweredCall> {
  const invokedAtMs = performance.now();
  const answer = await post(instances.A, { userId, command: 'pay', headers: { 'x-lock-mode': mode } });
  if (answer !== 'paid') throw new Error(`the first payment of user ${userId} was answered ${answer}`);
  return { call: 'pay', answer, invokedAtMs, returnedAtMs: performance.now() };
}

async function sendProbe({ mode, instances, probeUser }: ReplayContext, name: Name): Promise<void> {
  for (const command of ['pay', 'cancel'] as const) {
    await post(instances[name], { userId: probeUser, command, headers: { 'x-lock-mode': mode } });
  }
}

async function readFlag(userId: number, url: string): Promise<AnsweredCall> {
  const invokedAtMs = performance.now();
  const { paid } = await callLab(url, `/users/${userId}`, userSchema);
  return { call: 'read', answer: paid ? 'paid' : 'free', invokedAtMs, returnedAtMs: performance.now() };
}
