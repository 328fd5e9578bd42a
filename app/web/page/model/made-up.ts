import type { TraceEvent, TraceStep } from '../../../lab/trace/event.ts';
import type { User } from '../../../payments/users.ts';
import { planCalls } from './plan.ts';
import type { CallAnswer, MadeCall, Run } from './run.ts';
import { firstRace, type Settings } from './settings.ts';

/** Events and runs for the tests of this folder. */

export const frances: User = { id: 7, name: 'Frances', paid: false, version: 0, balance: 0 };

let made = 0;

/** A step of the pay or the cancel, `ms` after the run's beginning. */
export function event(kind: 'pay' | 'cancel', step: TraceStep, ms: number, rest: Partial<TraceEvent> = {}): TraceEvent {
  made += 1;
  const times = { wallMs: 1_732_270_000_000 + ms, monoMs: ms, tookMs: 0 };
  const request = {
    trace: 't',
    requestId: kind,
    kind,
    userId: 7,
    amount: 4900,
    instance: 'app-1',
    mode: 'none',
    pass: 1,
  } as const;
  return { id: `${1_732_270_000_000 + Math.ceil(ms)}-${made}`, ...request, ...times, step, ...rest };
}

/** The race as it ends without a guard. */
export const lostUpdate: readonly TraceEvent[] = [
  event('pay', 'arrived', 0),
  event('pay', 'read', 2, { tookMs: 1, saw: { paid: false, version: 0, openCharges: [] } }),
  event('pay', 'decided', 2, { decision: 'charge' }),
  event('cancel', 'arrived', 500),
  event('cancel', 'read', 502, {
    tookMs: 1,
    saw: { paid: false, version: 0, openCharges: [{ id: 61, amount: 4900 }] },
  }),
  event('cancel', 'decided', 502, { decision: 'refund' }),
  event('cancel', 'refunded', 880, { tookMs: 376, chargeId: 61, gateway: 'refunded' }),
  event('cancel', 'written', 882, { tookMs: 1, paid: false, readVersion: 0, overwrote: 0 }),
  event('cancel', 'answered', 883, { outcome: 'cancelled', httpStatus: 200 }),
  event('pay', 'charged', 1503, { tookMs: 1500, chargeId: 61, gateway: 'charged' }),
  event('pay', 'written', 1505, { tookMs: 1, paid: true, readVersion: 0, overwrote: 1 }),
  event('pay', 'answered', 1506, { outcome: 'paid', httpStatus: 200 }),
];

/** The same two, one after the other. */
export const inTurn: readonly TraceEvent[] = [
  event('pay', 'written', 5, { tookMs: 1, paid: true, readVersion: 0, overwrote: 0 }),
  event('pay', 'answered', 6, { outcome: 'paid', httpStatus: 200 }),
  event('cancel', 'written', 15, { tookMs: 1, paid: false, readVersion: 1, overwrote: 1 }),
  event('cancel', 'answered', 16, { outcome: 'cancelled', httpStatus: 200 }),
];

export const answered = (status: string): CallAnswer => ({
  outcome: 'answered',
  status,
  tookMs: 1500,
  instance: 'app-2',
});
export const refused = (problem: string, httpStatus: number): CallAnswer => ({
  outcome: 'problem',
  problem,
  httpStatus,
  detail: 'as the lab puts it',
  tookMs: 2000,
  instance: 'app-2',
});

export interface RunParts extends Partial<Omit<Run, 'calls'>> {
  readonly settings?: Partial<Settings>;
  readonly answers?: readonly CallAnswer[];
}

/** A run that is over. */
export function run({ settings, answers = [answered('paid'), answered('cancelled')], ...rest }: RunParts = {}): Run {
  const calls: MadeCall[] = planCalls({ ...firstRace, ...settings }).map((call, index) => {
    const answer = answers[index];
    return { ...call, requestId: call.kind, ...(answer && { answer }) };
  });
  return { mode: 'none', user: frances, after: frances, events: [], state: 'done', calls, ...rest };
}
