import type { InconsistentUser } from '../verify/audit.ts';

type Step = InconsistentUser['requests'][number]['steps'][number];

/** A request in a story. */
export interface StoryRequest {
  /** A, B, … Z, A2, … in the order in which they came. */
  readonly name: string;
  readonly requestId: string;
  readonly command: string;
  readonly instance: string;
  /** What its write relied on; absent when it wrote nothing. */
  readonly readVersion?: number;
}

/** One thing that a request did. */
export interface StoryStep {
  /** Who did it. */
  readonly name: string;
  /** Since the story's first step. */
  readonly ms: number;
  readonly step: Step;
  /** What it did, in words that follow the name. */
  readonly words: string;
}

export interface Story {
  /** What is wrong in the end. */
  readonly what: string;
  readonly requests: readonly StoryRequest[];
  /** What all of them did, in order. */
  readonly steps: readonly StoryStep[];
}

/** Puts what each request did into one order, by the database's clock, and gives the requests short names. */
export function orderStory({ what, requests }: InconsistentUser): Story {
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
      words: inWords(step, nameOf),
    })),
  };
}

function inWords(step: Step, nameOf: (requestId: string) => string): string {
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
