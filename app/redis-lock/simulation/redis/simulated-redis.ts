import type { ChannelKind, CommandContext, Publish } from './command.ts';
import { acceptsCount, findCommand } from './commands.ts';
import { Keyspace } from './keyspace.ts';
import { Lua, type LuaScript } from './lua.ts';
import { type Reply, ReplyError, type Result, Status } from './reply.ts';

export type { ChannelKind } from './command.ts';
export { Keyspace } from './keyspace.ts';
export { type Reply, ReplyError } from './reply.ts';

const conditionalDeletes = ['DELEX', 'DELIFEQ'] as const;
export type ConditionalDeleteName = (typeof conditionalDeletes)[number];

export interface SimulatedRedisOptions {
  /** The server's wall clock in whole microseconds since the epoch. */
  readonly nowMicros: () => number;
  /** Called by PUBLISH and SPUBLISH, inside or outside scripts. */
  readonly publish: Publish;
  /** Number of local subscribers, for PUBSUB. */
  readonly subscribers: (channel: string, kind: ChannelKind) => number;
  /** The conditional delete that it has; by default none, as before Redis 8.4 and Valkey 9. */
  readonly conditionalDelete?: ConditionalDeleteName | undefined;
  /** 40 hex digits: the id in INFO server, and the replication id in INFO replication. */
  readonly runId: string;
  /** What the server starts with, such as a copy of an earlier server's data. */
  readonly data?: Keyspace;
}

/** Compiled scripts are kept for the whole process, as each simulated schedule starts new servers. */
let sharedLua: Lua | undefined;

/**
 * A Redis server in memory, for one database and the commands that the lock needs. It runs the real Lua scripts in a
 * real Lua 5.1, and depends on nothing but its calls and its clock, so that a schedule can be replayed. The time stands
 * still during a command or a script, as in Redis since 7.2.
 */
export class SimulatedRedis {
  readonly #options: SimulatedRedisOptions;
  #data: Keyspace;

  constructor(options: SimulatedRedisOptions) {
    this.#options = options;
    this.#data = options.data ?? new Keyspace();
  }

  /** Assign other data to continue with it: an older snapshot after a restart, or a replica's after a failover. */
  get data(): Keyspace {
    return this.#data;
  }

  set data(data: Keyspace) {
    this.#data = data;
  }

  /** Runs one command outside scripts. @throws ReplyError for an error reply. */
  call(name: string, ...args: string[]): Reply {
    const isMissing = conditionalDeletes.some((one) => one === name && one !== this.#options.conditionalDelete);
    const command = isMissing ? undefined : findCommand(name);
    if (!command) {
      const quoted = args.map((text) => `'${text}' `).join('');
      throw new ReplyError(`ERR unknown command '${name}', with args beginning with: ${quoted}`);
    }
    if (!acceptsCount(command, args.length)) {
      throw new ReplyError(`ERR wrong number of arguments for '${name.toLowerCase()}' command`);
    }
    return withoutStatus(command.run(this.#context(), args));
  }

  /** Runs a script atomically. @throws ReplyError for an error reply. */
  evaluate(script: LuaScript, keys: readonly string[], args: readonly string[]): Reply {
    const context = this.#context();
    sharedLua ??= new Lua();
    return sharedLua.run(script, { keys, args, call: (name, values) => callFromScript(context, name, values) });
  }

  #context(): CommandContext {
    const { nowMicros, publish, subscribers, runId } = this.#options;
    const micros = nowMicros();
    return { data: this.#data, micros, ms: Math.floor(micros / 1000), publish, subscribers, runId };
  }
}

function callFromScript(context: CommandContext, name: string, args: readonly string[]): Result {
  const command = findCommand(name);
  if (!command) throw new ReplyError('ERR Unknown Redis command called from script');
  if (!acceptsCount(command, args.length)) {
    throw new ReplyError('ERR Wrong number of args calling Redis command from script');
  }
  return command.run(context, args);
}

/** No command of the simulation nests a status in an array. */
const withoutStatus = (result: Result): Reply => (result instanceof Status ? result.text : result);
