import type { Audit } from '../../../lab/audit-schema.ts';
import type { LocksSeen } from '../../../lab/held-locks/held-locks.ts';
import type { LabStatus } from '../../../lab/instances/registry.ts';
import type { SteppedRequest } from '../../../lab/steps/board.ts';
import { longestHeldMs } from '../../../lab/steps/limits.ts';
import type { LockModeName } from '../../../lock-modes/registry.ts';
import type { User, UsersPage } from '../../../payments/users.ts';
import type { CallAnswer } from '../state/run.ts';
import { ask, type Fetched } from './http.ts';

export const fetchStatus = () => ask<LabStatus>('/lab/instances');
export const fetchUsers = () => ask<UsersPage>('/users?limit=100');

/** Ids that are further apart are asked for in requests of their own. */
const widestGap = 100;
/** The longest page of `GET /users`. */
const longestPage = 1000;

/** Reads these users: those that there are, by id. */
export async function fetchUsersOf(ids: readonly number[]): Promise<Fetched<{ users: User[] }>> {
  const ranges: [first: number, last: number][] = [];
  for (const id of ids.toSorted((a, b) => a - b)) {
    const range = ranges.at(-1);
    if (range && id - range[1] <= widestGap && id - range[0] < longestPage) range[1] = id;
    else ranges.push([id, id]);
  }
  const pages = await Promise.all(
    ranges.map(([first, last]) => ask<{ users: User[] }>(`/users?after=${first - 1}&limit=${last - first + 1}`)),
  );
  const users: User[] = [];
  for (const page of pages) {
    if (page.outcome !== 'ok') return page;
    users.push(...page.body.users.filter(({ id }) => ids.includes(id)));
  }
  return { outcome: 'ok', body: { users }, headers: new Headers() };
}
export const fetchUser = (id: number) => ask<User>(`/users/${id}`);
/** The audit of a large table takes seconds: not to be begun again too soon. */
export const fetchAudit = () => ask<Audit>('/lab/audit', { timeoutMs: 10_000, againMs: 5000 });
export const fetchLocks = (userIds: readonly number[]) => ask<LocksSeen>(`/lab/locks?users=${userIds.join(',')}`);
/** Makes users beside those that are there; more, if an instance made some and did not answer. */
export const addUsers = (users: number) => ask<UsersPage>('/lab/users', { post: { users }, isRepeatable: true });

/** A pay or a cancel, with what the lab lets a request choose for itself. */
export interface PaymentCall {
  readonly kind: 'pay' | 'cancel';
  readonly userId: number;
  readonly amount: number;
  readonly requestId?: string;
  readonly mode?: LockModeName;
  /** The payment processor's time; without it, the instance's default. */
  readonly gatewayMs?: number;
  /** The session whose trace gets the request's events. */
  readonly trace?: string;
  /** The session of the step control. Each hold, and the wait for the lock, lasts for `longestHeldMs` at most. */
  readonly steps?: string;
  /** The instance that is to execute it. */
  readonly instance?: string | undefined;
}

/** Longer than nginx waits for an instance (35 s, or an hour for a stepped request), so that its error arrives. */
const callTimeoutMs = { alone: 40_000, stepped: 3_605_000 };

/** Calls the service as any client does. Never rejects. */
export async function call({ kind, userId, amount, ...chosen }: PaymentCall): Promise<CallAnswer> {
  const headers = {
    ...(chosen.requestId !== undefined && { 'X-Request-Id': chosen.requestId }),
    ...(chosen.mode !== undefined && { 'X-Lock-Mode': chosen.mode }),
    ...(chosen.gatewayMs !== undefined && { 'X-Gateway-Ms': String(chosen.gatewayMs) }),
    ...(chosen.trace !== undefined && { 'X-Lab-Trace': chosen.trace }),
    ...(chosen.steps !== undefined && {
      'X-Lab-Steps': chosen.steps,
      'X-Lab-Hold-Ms': String(longestHeldMs),
      'X-Lab-Wait-Ms': String(longestHeldMs),
    }),
    ...(chosen.instance !== undefined && { 'X-Lab-Instance': chosen.instance }),
  };
  const sentAt = performance.now();
  const fetched = await ask<{ status: string }>(`/users/${userId}/${kind}`, {
    post: { amount },
    headers,
    timeoutMs: chosen.steps === undefined ? callTimeoutMs.alone : callTimeoutMs.stepped,
  });
  const tookMs = performance.now() - sentAt;
  if (fetched.outcome === 'unreachable') return { outcome: 'unreachable', tookMs };
  const instance = fetched.headers.get('X-Instance') ?? '';
  if (fetched.outcome === 'ok') return { outcome: 'answered', status: fetched.body.status, tookMs, instance };
  const { problem, httpStatus, detail } = fetched;
  return { outcome: 'problem', problem, httpStatus, detail, tookMs, instance };
}

/** The step control: see `/lab/steps` of the service. */
export const stepControl = {
  list: (session: string): Promise<Fetched<{ requests: SteppedRequest[] }>> => ask(`/lab/steps/${session}`),
  release: (session: string, requestId: string) => ask(`/lab/steps/${session}/release`, { post: { requestId } }),
  resume: (session: string) => ask(`/lab/steps/${session}/let-go`, { post: {} }),
};
