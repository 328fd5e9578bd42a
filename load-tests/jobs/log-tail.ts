import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../app/testing/until.ts';

/** A line of an instance's log. */
export interface LogLine {
  readonly time: string;
  readonly instance: string;
  readonly msg: string;
  readonly job?: string;
  readonly tick?: string;
  readonly token?: string;
}

export interface LogTail {
  /** All lines so far, in order of time. */
  readonly lines: readonly LogLine[];
  /** Waits for a matching line. @throws when there is none within `withinMs`. */
  until(what: string, fits: (line: LogLine) => boolean, withinMs: number): Promise<LogLine>;
  stop(): Promise<void>;
}

const lookMs = 50;

/** Follows the logs of running instances. Calls `onLine` with each line, in order of time. */
export function followLogs(files: readonly string[], onLine: (line: LogLine) => void): LogTail {
  const lines: LogLine[] = [];
  const waiting: LogLine[] = [];
  const read = files.map((file) => reader(file));
  let stopping = false;

  async function look(): Promise<void> {
    for (const next of read) waiting.push(...(await next()));
    waiting.sort((a, b) => a.time.localeCompare(b.time));
    // An earlier line of another instance may still follow.
    const settled = new Date(Date.now() - (stopping ? 0 : 4 * lookMs)).toISOString();
    while (waiting[0] && waiting[0].time < settled) {
      const line = waiting.shift();
      if (line) lines.push(line);
      if (line) onLine(line);
    }
  }
  const following = (async () => {
    while (!stopping) {
      await look();
      await sleep(lookMs);
    }
    await look();
  })();

  return {
    lines,
    until: (what, fits, withinMs) =>
      until(`an instance says ${what}`, () => lines.find(fits), { withinMs, everyMs: lookMs }),
    async stop() {
      stopping = true;
      await following;
    },
  };
}

/** @returns a function that reads the complete lines added to a file since its last call. */
function reader(file: string): () => Promise<LogLine[]> {
  let offset = 0;
  let rest = '';
  return async () => {
    const handle = await open(file);
    try {
      const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(1 << 20), position: offset });
      offset += bytesRead;
      const parts = (rest + buffer.toString('utf8', 0, bytesRead)).split('\n');
      rest = parts.pop() ?? '';
      return parts.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as LogLine);
    } finally {
      await handle.close();
    }
  };
}
