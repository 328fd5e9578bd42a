import { argument, type Command, type CommandContext } from './command.ts';
import { NotSimulatedError, OK, type Result } from './reply.ts';

function del({ data, ms }: CommandContext, keys: readonly string[]): Result {
  let removed = 0;
  for (const key of keys) {
    if (data.get(key, ms)) {
      data.delete(key);
      removed++;
    }
  }
  return removed;
}

function exists({ data, ms }: CommandContext, keys: readonly string[]): Result {
  let found = 0;
  for (const key of keys) if (data.get(key, ms)) found++;
  return found;
}

function time({ micros }: CommandContext): Result {
  const seconds = Math.floor(micros / 1_000_000);
  return [String(seconds), String(micros - seconds * 1_000_000)];
}

function pubsub({ subscribers }: CommandContext, args: readonly string[]): Result {
  const kind = { NUMSUB: 'plain', SHARDNUMSUB: 'sharded' } as const;
  const counted = kind[argument(args, 0).toUpperCase() as keyof typeof kind];
  if (!counted) throw new NotSimulatedError(`PUBSUB ${args[0]}`);
  return args.slice(1).flatMap((channel) => [channel, subscribers(channel, counted)]);
}

function info({ runId }: CommandContext, args: readonly string[]): Result {
  const section = args.length === 1 ? argument(args, 0).toLowerCase() : '';
  if (section === 'replication') return `# Replication\r\nrole:master\r\nmaster_replid:${runId}\r\n`;
  if (section !== 'server') throw new NotSimulatedError(`INFO ${args.join(' ')}`);
  return `# Server\r\nredis_version:7.2.0\r\nredis_mode:standalone\r\nrun_id:${runId}\r\ntcp_port:6379\r\n`;
}

function keys({ data, ms }: CommandContext, args: readonly string[]): Result {
  if (args[0] !== '*') throw new NotSimulatedError(`KEYS ${args[0]}`);
  return data.keys(ms);
}

function flushAll({ data }: CommandContext): Result {
  data.clear();
  return OK;
}

const any = Number.POSITIVE_INFINITY;

export const serverCommands: Readonly<Record<string, Command>> = {
  DEL: { least: 1, most: any, run: del },
  EXISTS: { least: 1, most: any, run: exists },
  TIME: { least: 0, most: 0, run: time },
  PUBLISH: {
    least: 2,
    most: 2,
    run: ({ publish }, [channel = '', message = '']) => publish(channel, message, 'plain'),
  },
  SPUBLISH: {
    least: 2,
    most: 2,
    run: ({ publish }, [channel = '', message = '']) => publish(channel, message, 'sharded'),
  },
  PUBSUB: { least: 1, most: any, run: pubsub },
  INFO: { least: 0, most: any, run: info },
  KEYS: { least: 1, most: 1, run: keys },
  FLUSHALL: { least: 0, most: 1, run: flushAll },
};
