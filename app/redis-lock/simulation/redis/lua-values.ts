import type { Pointer } from './lua-api.ts';
import type { LuaWasm } from './lua-wasm.ts';
import { truncateToInteger } from './numbers.ts';
import { type Reply, ReplyError, type Result, Status } from './reply.ts';

export const luaType = { nil: 0, boolean: 1, number: 3, string: 4, table: 5 } as const;

/** Pushes a table with one string field, such as `{ ok = 'OK' }`. */
export function pushField(lua: LuaWasm, L: Pointer, name: 'ok' | 'err', text: string): void {
  lua.api.lua_createtable(L, 0, 1);
  lua.pushString(L, name);
  lua.pushString(L, text);
  lua.api.lua_rawset(L, -3);
}

/** Pushes what a command answered, as Redis converts it: nil is false, a status is a table with the field `ok`. */
export function pushResult(lua: LuaWasm, L: Pointer, result: Result): void {
  const { api } = lua;
  if (typeof result === 'number') api.lua_pushnumber(L, result);
  else if (typeof result === 'string') lua.pushString(L, result);
  else if (result === null) api.lua_pushboolean(L, 0);
  else if (result instanceof Status) pushField(lua, L, 'ok', result.text);
  else {
    api.lua_createtable(L, result.length, 0);
    for (const [index, item] of result.entries()) {
      pushResult(lua, L, item);
      api.lua_rawseti(L, -2, index + 1);
    }
  }
}

/** Reads a string field of the table at the top; it leaves the stack as it was. */
export function readField(lua: LuaWasm, L: Pointer, name: string): string | undefined {
  const { api } = lua;
  lua.pushString(L, name);
  api.lua_rawget(L, -2);
  const text = api.lua_type(L, -1) === luaType.string ? lua.stringAt(L, -1) : undefined;
  api.lua_settop(L, -2);
  return text;
}

/**
 * Reads the value at the top as the reply to a script (RESP2): a number loses its fraction, false is nil, an array ends
 * before its first nil.
 * @throws ReplyError for a table with the field `err`.
 */
export function readReply(lua: LuaWasm, L: Pointer): Reply {
  const { api } = lua;
  switch (api.lua_type(L, -1)) {
    case luaType.number:
      return truncateToInteger(api.lua_tonumber(L, -1));
    case luaType.string:
      return lua.stringAt(L, -1);
    case luaType.boolean:
      return api.lua_toboolean(L, -1) ? 1 : null;
    case luaType.table:
      return readTable(lua, L);
    default:
      return null;
  }
}

const onOneLine = (text: string) => text.replace(/[\r\n]/g, ' ');

function readTable(lua: LuaWasm, L: Pointer): Reply {
  const { api } = lua;
  const error = readField(lua, L, 'err');
  if (error !== undefined) throw new ReplyError(onOneLine(error));
  const status = readField(lua, L, 'ok');
  if (status !== undefined) return onOneLine(status);
  const items: Reply[] = [];
  for (;;) {
    api.lua_rawgeti(L, -1, items.length + 1);
    const end = api.lua_type(L, -1) === luaType.nil;
    if (!end) items.push(readReply(lua, L));
    api.lua_settop(L, -2);
    if (end) return items;
  }
}
