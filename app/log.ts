import pino, { type Logger } from 'pino';
import pretty from 'pino-pretty';
import { messageOf } from './thrown.ts';

/** pino's serializer throws on a frozen error, a proxy, or a getter that throws; see {@link messageOf}. */
export const logSerializers = {
  err(thrown: unknown): unknown {
    try {
      return pino.stdSerializers.err(thrown as Error);
    } catch {
      return { type: 'Error', message: messageOf(thrown) };
    }
  },
};

/** Logs one line of JSON per message, or readable lines on a terminal. Each names the instance. */
export function createLog({ instance, level }: { instance: string; level: string }): Logger {
  const timestamp = pino.stdTimeFunctions.isoTime;
  const options = { level, base: { instance }, timestamp, serializers: logSerializers };
  if (!process.stdout.isTTY) return pino(options);
  return pino(options, pretty({ ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss.l', singleLine: true }));
}
