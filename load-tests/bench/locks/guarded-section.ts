import { Client } from 'undici';
import { type Random, seeded } from '../../../app/web/page/model/random.ts';
import { mean } from '../statistics.ts';

/** How often each answer came, by its `status`. */
export type Answers = Readonly<Record<string, number>>;

/** Mean milliseconds of one guarded section, by what it comes to. */
export interface SectionTimes {
  /** Read, charge or refund, write: `paid` and `cancelled`. */
  readonly changingMs: number;
  /** Read alone: `already_paid` and `nothing_to_cancel`. */
  readonly unchangingMs: number;
  /** All the rest of a request: nginx, HTTP, Express, the checks, and this client. */
  readonly outsideMs: number;
}

const changing = ['paid', 'cancelled'];
const unchanging = ['already_paid', 'nothing_to_cancel'];
const count = (answers: Answers, names: readonly string[]) =>
  names.reduce((total, name) => total + (answers[name] ?? 0), 0);

/** How many of the answers came out of a guarded section. */
export const settled = (answers: Answers): number => count(answers, [...changing, ...unchanging]);

/** @returns the mean section, in milliseconds, of a load that was answered so. */
export function meanSectionMs(answers: Answers, { changingMs, unchangingMs }: Omit<SectionTimes, 'outsideMs'>): number {
  return (count(answers, changing) * changingMs + count(answers, unchanging) * unchangingMs) / settled(answers);
}

/** How long each answer took, in milliseconds: `refused` is right before its section. */
export type Samples = Readonly<Record<string, readonly number[]>>;

/** @returns what each section took: the rest of a request is in all of them. */
export function sectionTimes(took: Samples): SectionTimes {
  const outsideMs = mean(took.refused ?? []);
  const sectionMs = (names: readonly string[]) => mean(names.flatMap((name) => took[name] ?? [])) - outsideMs;
  return { changingMs: sectionMs(changing), unchangingMs: sectionMs(unchanging), outsideMs };
}

/**
 * Measures from outside what the lock keeps to itself: read, decide, act and write. One connection sends, one after the
 * other through nginx, a payment in mode `none` and a request that is refused right before its section for its amount of
 * 0. What the first takes longer than the second is the section: nginx, HTTP, Express and the checks are in both.
 */
export async function measureSection(
  url: string,
  user: { id: number; amount: number },
  options: { seconds: number; seed: number },
): Promise<SectionTimes> {
  const until = performance.now() + options.seconds * 1000;
  return sectionTimes(await sample(url, user, { seed: options.seed, isOver: () => performance.now() >= until }));
}

/** Sends a payment and a refused request, in turn, until it is over. */
export async function sample(
  url: string,
  user: { id: number; amount: number },
  { seed, isOver }: { seed: number; isOver: () => boolean },
): Promise<Samples> {
  const client = new Client(url);
  const random = seeded(seed);
  const took: Record<string, number[]> = {};
  try {
    while (!isOver()) {
      for (const amount of [user.amount, 0]) {
        const startedAt = performance.now();
        const answer = await post(client, user.id, amount, random);
        const times = took[answer] ?? [];
        took[answer] = times;
        times.push(performance.now() - startedAt);
      }
    }
  } finally {
    await client.close();
  }
  return took;
}

async function post(client: Client, id: number, amount: number, random: Random): Promise<string> {
  const { statusCode, body } = await client.request({
    method: 'POST',
    path: `/users/${id}/${random(2) === 0 ? 'pay' : 'cancel'}`,
    headers: { 'content-type': 'application/json', 'x-lock-mode': 'none' },
    body: JSON.stringify({ amount }),
  });
  const { status } = (await body.json()) as { status: unknown };
  if (statusCode === 400 && amount === 0) return 'refused';
  if (statusCode === 200 && typeof status === 'string') return status;
  throw new Error(`a request alone was answered ${statusCode}`);
}
