/** A pointer to a `lua_State`, or to bytes in the memory of the WebAssembly module. */
export type Pointer = number;

/** The part of Lua 5.1's C API that the simulation calls. Booleans are 0 and 1. */
export interface LuaApi {
  luaL_newstate(): Pointer;
  luaL_loadbuffer(L: Pointer, bytes: Pointer, length: number, name: Pointer): number;
  luaL_ref(L: Pointer, table: number): number;
  lua_createtable(L: Pointer, items: number, fields: number): void;
  lua_error(L: Pointer): number;
  lua_gettop(L: Pointer): number;
  lua_pcall(L: Pointer, args: number, results: number, errorHandler: number): number;
  lua_pushboolean(L: Pointer, value: number): void;
  lua_pushcclosure(L: Pointer, fn: number, upvalues: number): void;
  lua_pushlstring(L: Pointer, bytes: Pointer, length: number): void;
  lua_pushnumber(L: Pointer, value: number): void;
  lua_pushvalue(L: Pointer, index: number): void;
  lua_rawget(L: Pointer, index: number): void;
  lua_rawgeti(L: Pointer, index: number, item: number): void;
  lua_rawset(L: Pointer, index: number): void;
  lua_rawseti(L: Pointer, index: number, item: number): void;
  lua_replace(L: Pointer, index: number): void;
  lua_settop(L: Pointer, index: number): void;
  lua_toboolean(L: Pointer, index: number): number;
  lua_tolstring(L: Pointer, index: number, length: Pointer): Pointer;
  lua_tonumber(L: Pointer, index: number): number;
  lua_type(L: Pointer, index: number): number;
  luaopen_base(L: Pointer): number;
  luaopen_debug(L: Pointer): number;
  luaopen_math(L: Pointer): number;
  luaopen_string(L: Pointer): number;
  luaopen_table(L: Pointer): number;
}

/** The pseudo-index of Lua's registry, where values live that only C refers to. */
export const REGISTRY = -10_000;

/** A function that Lua calls. It returns how many values it has pushed. */
export type LuaFunction = (L: Pointer) => number;
