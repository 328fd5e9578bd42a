import { z } from 'zod';
import { until } from '../../app/testing/until.ts';

const userSchema = z.object({
  id: z.number(),
  name: z.string(),
  paid: z.boolean(),
  version: z.number(),
  balance: z.number(),
});
const usersPageSchema = z.object({ users: z.array(userSchema), next: z.string().optional() });
const healthSchema = z.object({ instance: z.string(), inFlight: z.number() });

/** A user as `GET /users` shows it. */
export type LabUser = z.output<typeof userSchema>;

/** How long one call of the lab may take. */
const callMs = 30_000;

/** @throws an error that names the call, when it is not answered. */
async function request(url: string, path: string, post?: object): Promise<Response> {
  const target = new URL(path, url).href;
  const init = post && { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(post) };
  try {
    return await fetch(target, { ...init, signal: AbortSignal.timeout(callMs) });
  } catch (error) {
    const { cause = error } = error as Error; // fetch itself only says that it has failed
    throw new Error(`${target} was not answered: ${(cause as Error).message || String(cause)}`, { cause: error });
  }
}

/**
 * Calls the lab of a running stack: a GET, or a POST of `post` as JSON.
 *
 * @throws an error that names the call and its answer, unless it is a 2xx as `schema` has it.
 */
export async function callLab<S extends z.ZodType>(
  url: string,
  path: string,
  schema: S,
  post?: object,
): Promise<z.output<S>> {
  const response = await request(url, path, post);
  const text = await response.text();
  const what = `${post ? 'POST' : 'GET'} ${new URL(path, url).href} was answered`;
  if (response.status === 404) throw new Error(`${what} 404: is that stack started with LAB=on?`);
  if (!response.ok) throw new Error(`${what} ${response.status}: ${text.slice(0, 500)}`);
  const parsed = schema.safeParse(JSON.parse(text));
  if (!parsed.success) throw new Error(`${what} in a form that is not known:\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/** Makes `count` fresh users. */
export async function resetUsers(url: string, count: number): Promise<LabUser[]> {
  let page = await callLab(url, '/lab/reset', usersPageSchema, { users: count });
  const users = [...page.users];
  while (page.next) {
    page = await callLab(url, page.next.replace(/limit=\d+/, 'limit=1000'), usersPageSchema);
    users.push(...page.users);
  }
  return users;
}

/** @returns the mode that the stack is in, by what its instances say of themselves. */
export async function askMode(url: string): Promise<string> {
  const response = await request(url, '/healthz');
  const mode = response.headers.get('x-lock-mode');
  if (mode) return mode;
  throw new Error(`${url} is not this service: GET /healthz was answered ${response.status} without X-Lock-Mode`);
}

export interface QuietOptions {
  readonly url: string;
  /** The instances to hear from. */
  readonly instances: ReadonlySet<string>;
  readonly withinMs: number;
}

/**
 * Waits until every instance says that it works on nothing, twice in a row: requests whose caller has gone go on in the
 * instance, and what they write belongs to the verdict.
 *
 * @throws when that does not come within `withinMs`, naming who is still at work or not heard from.
 */
export async function untilQuiet({ url, instances, withinMs }: QuietOptions): Promise<void> {
  const quietAnswers = new Map([...instances].map((instance) => [instance, 0]));
  const loud = () => [...quietAnswers].filter(([, answers]) => answers < 2).map(([instance]) => instance);
  const areQuiet = async () => {
    const { instance, inFlight } = await callLab(url, '/healthz', healthSchema);
    quietAnswers.set(instance, inFlight === 0 ? (quietAnswers.get(instance) ?? 0) + 1 : 0);
    return loud().length === 0;
  };
  const error = () =>
    new Error(`not quiet within ${withinMs} ms: ${loud().join(', ')} still at work, or not heard from`);
  await until('every instance is quiet', areQuiet, { withinMs, everyMs: 5, error });
}
