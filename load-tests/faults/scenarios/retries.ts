import { setTimeout as sleep } from 'node:timers/promises';
import { killed } from '../context/faults.ts';
import type { ScenarioContext } from '../context/scenario-context.ts';
import type { Scenario } from './scenario.ts';

/**
 * A is killed between its charge and its write. Its client learns nothing, and retries at another instance until it gets an
 * answer other than `idempotency-key-in-use`.
 */
async function retryAfterKill(context: ScenarioContext, key?: string): Promise<void> {
  const { userId, instances, leaseMs } = context;
  const payment = { userId, command: 'pay', intent: 'payment', ...(key !== undefined && { key }) } as const;
  const first = context.send({ ...payment, who: 'A', at: instances[0] });
  await first.stepUntil('write');
  await context.inject(killed(instances[0]));

  let answer: string;
  let retries = 0;
  do {
    if (retries > 0) await sleep(leaseMs / 2);
    retries += 1;
    const retry = context.send({ ...payment, who: `A${retries + 1}`, at: instances[1], stepped: false });
    answer = await retry.answer();
  } while (answer === 'idempotency-key-in-use' && retries < maxRetries);
  context.note('retries', retries);
  context.note('retryIsAnswered', answer);
}

/** Enough: the killed instance's lease on the key expires after two or three. */
const maxRetries = 20;

const leach =
  'Brandur Leach, "Implementing Stripe-like Idempotency Keys in Postgres" (2017), https://brandur.org/idempotency-keys';

export const retry: Scenario = {
  name: 'retry',
  claim: 'No lock, token or isolation level recognises a retry: the client is charged again.',
  source: leach,
  fault: 'SIGKILL of an instance after its charge, before its write; the client retries at another instance',
  run: (context) => retryAfterKill(context),
};

export const retryWithKey: Scenario = {
  name: 'retry-with-key',
  claim: 'A retry with the same Idempotency-Key finishes what the killed instance began, and charges nothing again.',
  source: leach,
  fault: 'as in retry; both requests carry the same Idempotency-Key',
  run: (context) => retryAfterKill(context, 'payment'),
};
