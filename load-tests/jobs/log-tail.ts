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
  /** All that was written so far, in the order of its times. */
  readonly lines: readonly LogLine[];
  /** Waits until a line is there that fits. @throws when that takes longer than `withinMs`. */
  until(what: string, fits: (line: LogLine) => boolean, withinMs: number): Promise<LogLine>;
  stop(): Promise<void>;
}

const lookMs = 50;

/** Follows the logs of instances while they are written. Calls `onLine` with each line, in the order of their times. */
export function followLogs(files: readonly string[], onLine: (line: LogLine) => void): LogTail {
  const lines: LogLine[] = [];
  const waiting: LogLine[] = [];
  const read = files.map((file) => reader(file));
  let stopping = false;

  async function look(): Promise<void> {
    for (const next of read) waiting.push(...(await next()));
    waiting.sort((a, b) => a.time.localeCompare(b.time));
    // What was written a moment ago may yet be preceded by a line of another instance.
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

/** @returns what reads the whole lines that were added to a file since it was last called. */
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
