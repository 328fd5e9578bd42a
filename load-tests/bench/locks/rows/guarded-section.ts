import { Client } from 'undici';
import { type Random, seeded } from '../../../../app/web/page/state/random.ts';
import { mean } from '../../statistics.ts';

/** Number of answers, by `status`. */
export type Answers = Readonly<Record<string, number>>;

/** Mean duration of the guarded section, by its outcome. */
export interface SectionTimes {
  /** Read, charge or refund, write: `paid` and `cancelled`. */
  readonly changingMs: number;
  /** Only the read: `already_paid` and `nothing_to_cancel`. */
  readonly unchangingMs: number;
  /** The rest of a request: nginx, HTTP, Express, validation, and this client. */
  readonly outsideMs: number;
}

const changing = ['paid', 'cancelled'];
const unchanging = ['already_paid', 'nothing_to_cancel'];
const count = (answers: Answers, names: readonly string[]) =>
  names.reduce((total, name) => total + (answers[name] ?? 0), 0);

/** @returns the number of requests that ran their guarded section to its end. */
export const countCarriedOut = (answers: Answers): number => count(answers, [...changing, ...unchanging]);

/** @returns the mean section of a load with these answers. */
export function meanSectionMs(answers: Answers, { changingMs, unchangingMs }: Omit<SectionTimes, 'outsideMs'>): number {
  return (count(answers, changing) * changingMs + count(answers, unchanging) * unchangingMs) / countCarriedOut(answers);
}

/** Latencies in milliseconds, by answer. `refused` ends just before the section. */
export type Samples = Readonly<Record<string, readonly number[]>>;

/** @returns the sections' times: the latencies less that of a refused request. */
export function sectionTimes(took: Samples): SectionTimes {
  const outsideMs = mean(took.refused ?? []);
  const sectionMs = (names: readonly string[]) => mean(names.flatMap((name) => took[name] ?? [])) - outsideMs;
  return { changingMs: sectionMs(changing), unchangingMs: sectionMs(unchanging), outsideMs };
}

/**
 * Measures the guarded section (read, decide, act, write) from outside. One connection alternates, through nginx, a
 * request in mode `none` and one that is refused just before its section for its amount of 0. The difference of their
 * latencies is the section; nginx, HTTP, Express and validation are in both.
 */
export async function measureSection(
  url: string,
  user: { id: number; amount: number },
  options: { seconds: number; seed: number },
): Promise<SectionTimes> {
  const until = performance.now() + options.seconds * 1000;
  return sectionTimes(await sample(url, user, { seed: options.seed, isOver: () => performance.now() >= until }));
}

/** Alternates a request that is carried out and a refused one. */
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
  throw new Error(`a request without rivals was answered ${statusCode}`);
}
