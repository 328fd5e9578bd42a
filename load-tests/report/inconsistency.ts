import type { InconsistentUser } from '../verify/audit.ts';

type Step = InconsistentUser['requests'][number]['steps'][number];

/** A request of an inconsistent user. */
export interface InconsistentRequest {
  /** A, B, … Z, A2, … in order. */
  readonly name: string;
  readonly requestId: string;
  readonly command: string;
  readonly instance: string;
  /** The version that its write was decided on; absent if it wrote nothing. */
  readonly readVersion?: number;
}

/** A charge, a refund or a flag write. */
export interface RequestStep {
  /** The request's name. */
  readonly name: string;
  /** Since the first step. */
  readonly ms: number;
  readonly step: Step;
  /** A description that follows the name, such as `refunds charge 3`. */
  readonly text: string;
}

export interface Inconsistency {
  /** The anomaly, as a sentence. */
  readonly what: string;
  readonly requests: readonly InconsistentRequest[];
  /** The steps of all requests, in order. */
  readonly steps: readonly RequestStep[];
}

/** Orders the steps of all requests by the database's clock, and gives the requests short names. */
export function orderInconsistency({ what, requests }: InconsistentUser): Inconsistency {
  const names = new Map(requests.map(({ requestId }, index) => [requestId, letter(index)]));
  const nameOf = (requestId: string) => names.get(requestId) ?? requestId;
  const steps = requests
    .flatMap(({ requestId, steps: own }) => own.map((step) => ({ name: nameOf(requestId), step })))
    .sort((a, b) => a.step.at.localeCompare(b.step.at));
  const start = Math.min(...steps.map(({ step }) => microsOf(step.at)));
  return {
    what,
    requests: requests.map(({ requestId, command, instance, steps: own }) => {
      const write = own.find((step) => step.did === 'wrote');
      const readVersion = write && { readVersion: write.readVersion };
      return { name: nameOf(requestId), requestId, command, instance, ...readVersion };
    }),
    steps: steps.map(({ name, step }) => ({
      name,
      ms: (microsOf(step.at) - start) / 1000,
      step,
      text: describeStep(step, nameOf),
    })),
  };
}

function describeStep(step: Step, nameOf: (requestId: string) => string): string {
  if (step.did !== 'wrote') {
    return step.did === 'charged'
      ? `charges ${step.amount} (charge ${step.chargeId})`
      : `refunds charge ${step.chargeId}`;
  }
  const { paid, readVersion, overwroteVersion, overwrote } = step;
  const wrote = `writes ${paid ? 'paid' : 'unpaid'} over version ${overwroteVersion}`;
  if (readVersion === overwroteVersion) return `${wrote}, which it had read`;
  const victim = overwrote === undefined ? 'the write between' : `the write of ${nameOf(overwrote)}`;
  return `${wrote}, having read version ${readVersion}: ${victim} is lost`;
}

/** A, B, … Z, A2, … */
function letter(index: number): string {
  const round = Math.floor(index / 26);
  return String.fromCharCode(65 + (index % 26)) + (round > 0 ? round + 1 : '');
}

/** @param at a time in UTC with microseconds, which `Date` would cut off. */
function microsOf(at: string): number {
  return Date.parse(`${at.slice(0, 23)}Z`) * 1000 + Number(at.slice(23, 26));
}
