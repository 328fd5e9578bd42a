import { sleep } from '../sleep.ts';

/** What the service says is wrong. */
export interface Problem {
  /** The last part of its type (RFC 9457), such as `lock-busy`. */
  readonly problem: string;
  readonly httpStatus: number;
  readonly detail: string;
}

/** How the service has answered the page. */
export type Fetched<T> =
  | { readonly outcome: 'ok'; readonly body: T; readonly headers: Headers }
  | (Problem & { readonly outcome: 'problem'; readonly headers: Headers })
  /** No answer: the connection was refused or broken, or it took too long. */
  | { readonly outcome: 'unreachable' };

export interface AskOptions {
  /** Sent as JSON, by POST; without it, it is a GET. */
  readonly post?: object;
  /** True for a POST that may be carried out twice. */
  readonly isRepeatable?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  /** Time after which an unanswered GET is given up and sent again. */
  readonly againMs?: number;
}

/** Longer than an instance waits for MySQL (5 s by default), so that its error arrives. */
const patienceMs = 8000;

/** A GET that an instance has not answered by then is sent again: nginx gives it to another one. */
const usualAgainMs = 1500;
const shortTries = 3;

let answers = 0;

/** @returns how many requests of this page have been answered, by any instance. */
export const countAnswers = (): number => answers;

/**
 * Asks the service that the page came from. Never rejects. An instance may be frozen, so a GET is given up early and sent
 * again. Not before it is given up: a browser has six connections to a host.
 */
export async function ask<T>(path: string, options: AskOptions = {}): Promise<Fetched<T>> {
  const { post, isRepeatable = !post, timeoutMs = patienceMs, againMs = usualAgainMs } = options;
  for (let left = isRepeatable ? shortTries : 0; left > 0; left--) {
    const given = new AbortController();
    const answer = await Promise.race([askOnce<T>(path, options, given.signal), sleep(againMs)]);
    if (answer) return answer;
    given.abort();
  }
  return askOnce(path, options, AbortSignal.timeout(timeoutMs));
}

async function askOnce<T>(path: string, { post, headers = {} }: AskOptions, signal: AbortSignal): Promise<Fetched<T>> {
  try {
    const response = await fetch(path, {
      ...(post && { method: 'POST', body: JSON.stringify(post) }),
      headers: { ...(post && { 'content-type': 'application/json' }), ...headers },
      cache: 'no-store',
      signal,
    });
    const text = await response.text();
    answers += 1;
    if (response.ok) return { outcome: 'ok', body: JSON.parse(text) as T, headers: response.headers };
    return { outcome: 'problem', ...readProblem(response, text), headers: response.headers };
  } catch {
    return { outcome: 'unreachable' };
  }
}

/** A proxy in front of the service may answer in another format. */
function readProblem({ status }: Response, text: string): Problem {
  try {
    const { type, detail } = JSON.parse(text) as { type: string; detail: string };
    return { problem: type.split('/').at(-1) ?? '', httpStatus: status, detail };
  } catch {
    return { problem: 'unknown', httpStatus: status, detail: `answered ${status}` };
  }
}
