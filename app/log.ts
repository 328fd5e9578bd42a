import pino, { type Logger } from 'pino';
import pretty from 'pino-pretty';

/** One line of JSON a message, or readable lines on a terminal; each carries the instance. */
export function createLog({ instance, level }: { instance: string; level: string }): Logger {
  const options = { level, base: { instance }, timestamp: pino.stdTimeFunctions.isoTime };
  if (!process.stdout.isTTY) return pino(options);
  return pino(options, pretty({ ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss.l', singleLine: true }));
}
