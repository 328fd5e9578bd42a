import { isDatabaseUnreachable } from '../../database/errors.ts';
import type { Refusal } from '../../redis-lock/index.ts';
import { type ConnectionGuard, conditionFor, type GuardingConnection, type GuardingConnections } from '../account.ts';
import type { CriticalSection, LockMode } from '../lock-mode.ts';
import { createKeyedMutex } from './keyed-mutex.ts';
import { tryUntil } from './try-until.ts';

interface ConnectionModeOptions {
  readonly name: ConnectionGuard;
  readonly connections: GuardingConnections;
  /** @returns the name of the lock that a request waits for. Absent if there is none. */
  readonly lockOf?: (section: Pick<CriticalSection, 'key' | 'userId'>) => string;
}

/**
 * Shared by the modes in which a database connection guards a request from its read to its write. Lock and connection end
 * together, and there is no lease to expire. The price is one connection per request in the section, for as long as the
 * processor takes. Requests on this instance queue before they take a connection: otherwise those for one busy user would occupy
 * all connections. Without `lockOf`, a user has two queues, so that two of its requests still meet in the database.
 */
export function createConnectionMode({ name, connections, lockOf }: ConnectionModeOptions): LockMode {
  const open = new Set<GuardingConnection>();
  const mutex = createKeyedMutex();
  let requests = 0;
  const queueOf = (section: CriticalSection) => lockOf?.(section) ?? `user ${section.userId}, queue ${requests++ % 2}`;

  /** Opens a connection and locks. The caller ends it. */
  async function enter(
    { key, userId, waitMs, signal }: CriticalSection,
    deadline: number,
  ): Promise<{ outcome: 'entered'; connection: GuardingConnection } | Refusal> {
    const leftMs = Math.max(0, deadline - performance.now());
    const opened = await connections.open(name, { userId, key }, { waitMs: leftMs, signal });
    if (opened.outcome === 'busy') return { outcome: 'busy', retryAfterMs: waitMs };
    if (opened.outcome === 'aborted') return opened;
    const { connection } = opened;
    let entered = false;
    try {
      const result = await tryUntil(() => connection.lock(), Math.max(0, deadline - performance.now()), signal);
      if (result === 'held') return { outcome: 'busy', retryAfterMs: waitMs };
      if (result === 'aborted') return { outcome: 'aborted' };
      entered = true;
      return { outcome: 'entered', connection };
    } finally {
      if (!entered) await connection.end();
    }
  }

  return {
    name,
    ...(lockOf && { lockOf }),
    async guard(section, work) {
      const { userId, attempt, waitMs, signal } = section;
      const deadline = performance.now() + waitMs;
      const turn = await mutex.enter(queueOf(section), waitMs, signal);
      if (turn.outcome === 'busy') return { outcome: 'busy', retryAfterMs: waitMs };
      if (turn.outcome === 'aborted') return turn;
      let connection: GuardingConnection | undefined;
      try {
        const entry = await enter(section, deadline).catch((error: unknown): Refusal => {
          if (isDatabaseUnreachable(error)) return { outcome: 'unavailable', cause: error };
          throw error;
        });
        if (entry.outcome !== 'entered') return entry;
        const { connection: own } = entry;
        connection = own;
        open.add(own);
        const value = await work({
          read: () => own.read(),
          write: (change, snapshot, precondition) =>
            own.write({
              userId,
              change,
              readVersion: snapshot.version,
              attempt,
              onlyIf: conditionFor(snapshot, precondition),
            }),
        });
        return { outcome: 'done', value };
      } finally {
        if (connection) open.delete(connection);
        await connection?.end();
        turn.leave();
      }
    },
    async close() {
      for (const connection of open) connection.abandon();
    },
  };
}
