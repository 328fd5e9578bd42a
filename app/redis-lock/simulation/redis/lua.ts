import { commandNames } from './commands.ts';
import { type LuaFunction, type Pointer, REGISTRY } from './lua-api.ts';
import { prelude } from './lua-globals.ts';
import { luaType, pushField, pushResult, readField, readReply } from './lua-values.ts';
import { LuaWasm } from './lua-wasm.ts';
import { formatDouble } from './numbers.ts';
import { type Reply, ReplyError, type Result } from './reply.ts';

/** The pseudo-index of the globals. */
const GLOBALS = -10_002;

/** Where the state's stack keeps what each run needs. */
const HANDLER = 1;
const REAL_GLOBALS = 2;

/** A script as the lock defines it. */
export interface LuaScript {
  readonly source: string;
  readonly sha1: string;
}

/** Runs one command for a script. @throws ReplyError for an error reply. */
export type CallCommand = (name: string, args: readonly string[]) => Result;

export interface LuaRun {
  readonly keys: readonly string[];
  readonly args: readonly string[];
  readonly call: CallCommand;
}

/** The message of `redis.error_reply`. Its first word is the code; a single word gets the code ERR (script_lua.c). */
function withCode(text: string): string {
  const message = text.startsWith('-') ? text.slice(1) : text;
  return message.includes(' ') ? message : `ERR ${message}`;
}

/** One Lua 5.1 state. It runs the scripts of any number of simulated servers, one at a time. */
export class Lua {
  readonly #lua = new LuaWasm();
  readonly #state: Pointer;
  readonly #compiled = new Map<string, number>();
  #call: CallCommand | undefined;
  /** An exception that is no reply, such as one from a simulator's callback. The run throws it when it ends. */
  #failure: { readonly cause: unknown } | undefined;

  constructor() {
    const { api } = this.#lua;
    const L = api.luaL_newstate();
    this.#state = L;
    for (const open of [api.luaopen_base, api.luaopen_table, api.luaopen_string, api.luaopen_math, api.luaopen_debug]) {
      open(L);
    }
    api.lua_settop(L, 0);
    this.#load(prelude, '=prelude');
    this.#pushFunction((state) => this.#redisCall(state, true));
    this.#pushFunction((state) => this.#redisCall(state, false));
    this.#pushFunction((state) => this.#singleField(state, 'err'));
    this.#pushFunction((state) => this.#singleField(state, 'ok'));
    if (api.lua_pcall(L, 4, 3, 0) !== 0) throw new Error(this.#lua.stringAt(L, -1));
    for (const word of [...commandNames, 'NX', 'XX', 'PX', 'server']) this.#lua.pushKnown(L, word);
    api.lua_settop(L, 3);
    api.lua_replace(L, GLOBALS); // what is left is at HANDLER and REAL_GLOBALS
  }

  /**
   * Runs a script, which is compiled once for each SHA-1.
   * @throws ReplyError for an error reply, with the message that Redis 7 sends.
   */
  run(script: LuaScript, { keys, args, call }: LuaRun): Reply {
    if (this.#call) throw new Error('A script cannot run inside another script');
    const { api } = this.#lua;
    const L = this.#state;
    api.lua_rawgeti(L, REGISTRY, this.#compiled.get(script.sha1) ?? this.#compile(script));
    this.#setGlobal('KEYS', keys);
    this.#setGlobal('ARGV', args);
    this.#call = call;
    try {
      const failed = api.lua_pcall(L, 0, 1, HANDLER) !== 0;
      if (this.#failure) throw this.#failure.cause;
      if (failed) throw this.#scriptError(script);
      return readReply(this.#lua, L);
    } finally {
      this.#call = undefined;
      this.#failure = undefined;
      api.lua_settop(L, REAL_GLOBALS);
    }
  }

  #compile({ source, sha1 }: LuaScript): number {
    this.#load(source, '@user_script');
    const reference = this.#lua.api.luaL_ref(this.#state, REGISTRY);
    this.#compiled.set(sha1, reference);
    return reference;
  }

  /** Pushes the function that the source compiles to. */
  #load(source: string, name: string): void {
    const lua = this.#lua;
    const bytes = Buffer.from(source).toString('latin1');
    const start = lua.place(`${name}\0${bytes}`);
    if (lua.api.luaL_loadbuffer(this.#state, start + name.length + 1, bytes.length, start) !== 0) {
      const message = lua.stringAt(this.#state, -1);
      lua.api.lua_settop(this.#state, -2);
      throw new ReplyError(`ERR Error compiling script (new function): ${message}`);
    }
  }

  #pushFunction(fn: LuaFunction): void {
    this.#lua.api.lua_pushcclosure(this.#state, this.#lua.addFunction(fn), 0);
  }

  #setGlobal(name: 'KEYS' | 'ARGV', values: readonly string[]): void {
    const lua = this.#lua;
    const { api } = lua;
    const L = this.#state;
    lua.pushKnown(L, name);
    api.lua_createtable(L, values.length, 0);
    for (let index = 0; index < values.length; index++) {
      const value = values[index] as string;
      if (name === 'KEYS') lua.pushKnown(L, value);
      else lua.pushString(L, value);
      api.lua_rawseti(L, -2, index + 1);
    }
    api.lua_rawset(L, REAL_GLOBALS);
  }

  /** `redis.call` raises an error reply; `redis.pcall` returns it. */
  #redisCall(L: Pointer, raises: boolean): number {
    try {
      pushResult(this.#lua, L, this.#callWithArguments(L));
      return 1;
    } catch (error) {
      if (error instanceof ReplyError) {
        pushField(this.#lua, L, 'err', error.message);
        if (!raises) return 1;
      } else {
        this.#failure ??= { cause: error };
        this.#lua.pushString(L, 'the simulation has failed');
      }
    }
    return this.#lua.api.lua_error(L); // outside the `try`: it is an exception too
  }

  #callWithArguments(L: Pointer): Result {
    const { api } = this.#lua;
    const count = api.lua_gettop(L);
    if (this.#failure || !this.#call) throw this.#failure?.cause;
    if (count === 0) throw new ReplyError('ERR Please specify at least one argument for this redis lib call');
    const name = this.#argument(L, 1);
    const args: string[] = [];
    for (let index = 2; index <= count; index++) args.push(this.#argument(L, index));
    return this.#call(name, args);
  }

  #argument(L: Pointer, index: number): string {
    const type = this.#lua.api.lua_type(L, index);
    if (type === luaType.string) return this.#lua.stringAt(L, index);
    if (type === luaType.number) return formatDouble(this.#lua.api.lua_tonumber(L, index));
    throw new ReplyError('ERR Lua redis lib command arguments must be strings or integers');
  }

  /** `redis.error_reply` and `redis.status_reply`. */
  #singleField(L: Pointer, field: 'err' | 'ok'): number {
    const { api } = this.#lua;
    if (api.lua_gettop(L) !== 1 || api.lua_type(L, 1) !== luaType.string) {
      pushField(this.#lua, L, 'err', 'ERR wrong number or type of arguments');
    } else {
      const text = this.#lua.stringAt(L, 1);
      pushField(this.#lua, L, field, field === 'err' ? withCode(text) : text);
    }
    return 1;
  }

  /** The reply to a script that raised an error: the error handler left a table with its message, source and line. */
  #scriptError({ sha1 }: LuaScript): ReplyError {
    const [message, source, line] = ['err', 'source', 'line'].map((name) => readField(this.#lua, this.#state, name));
    const where = source === undefined || line === undefined ? '' : ` script: ${sha1}, on ${source}:${line}.`;
    return new ReplyError(`${message}${where}`);
  }
}
