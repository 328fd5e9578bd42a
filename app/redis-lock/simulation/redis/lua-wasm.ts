import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type LuaApi, type LuaFunction, type Pointer, REGISTRY } from './lua-api.ts';
import { type WasmImports, type WasmMemory, type WasmModule, type WasmTable, webAssembly } from './web-assembly.ts';

interface Exports extends LuaApi {
  readonly memory: WasmMemory;
  readonly __indirect_function_table: WasmTable;
  __wasm_call_ctors(): void;
  emscripten_stack_init(): void;
  malloc(size: number): Pointer;
  free(pointer: Pointer): void;
  setThrew(threw: number, value: number): void;
  stackSave(): number;
  stackRestore(pointer: number): void;
}

/** Programs use few keys; tests that use a new one each time must not fill Lua's memory. */
const MAX_KNOWN = 1000;

/** Node's Buffer has this method, and `toString('latin1')` calls it after looking at its arguments: half the time. */
type Latin1Buffer = Buffer & { latin1Slice(start: number, end: number): string };

const bytesOf = (memory: WasmMemory) => Buffer.from(memory.buffer) as Latin1Buffer;

/**
 * The module `(import "e" "f" (func $f (param i32) (result i32))) (export "f" (func $f))`: it gives a JavaScript function
 * the type that Lua's function table requires.
 */
const adapter = new webAssembly.Module(
  Uint8Array.of(
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...[1, 6, 1, 0x60, 1, 0x7f, 1, 0x7f],
    ...[2, 7, 1, 1, 0x65, 1, 0x66, 0, 0],
    ...[7, 5, 1, 1, 0x66, 0, 0],
  ),
);

/** Lua raises errors by `longjmp`, which Emscripten builds from exceptions that are numbers. */
const LONGJMP = Number.POSITIVE_INFINITY;

/**
 * Lua 5.1, the version inside Redis, compiled to WebAssembly (the package wasmoon-lua5.1). The package's own JavaScript
 * is not used: it converts every value with care for JavaScript's types, and costs many times the script itself. It also
 * gives Lua files, a clock and an environment, none of which a script in Redis has.
 */
export class LuaWasm {
  readonly api: LuaApi;
  readonly #exports: Exports;
  #bytes: Latin1Buffer;
  #words: Uint32Array;
  readonly #lengthAt: Pointer;
  /** References to known strings in the registry, and their texts by address. */
  readonly #known = new Map<string, number>();
  readonly #texts = new Map<Pointer, string>();
  #scratch: Pointer;
  #scratchSize = 4096;

  constructor() {
    const file = createRequire(import.meta.url).resolve('wasmoon-lua5.1/dist/liblua5.1.wasm');
    const module = new webAssembly.Module(readFileSync(file));
    const { exports } = new webAssembly.Instance(module, this.#imports(module));
    this.#exports = exports as unknown as Exports;
    this.api = this.#exports;
    this.#bytes = bytesOf(this.#exports.memory);
    this.#words = new Uint32Array(this.#exports.memory.buffer);
    this.#exports.emscripten_stack_init();
    this.#exports.__wasm_call_ctors();
    this.#lengthAt = this.#exports.malloc(4);
    this.#scratch = this.#exports.malloc(this.#scratchSize);
  }

  #imports(module: WasmModule): WasmImports {
    const provided = this.#provided();
    const imports: WasmImports = {};
    for (const { module: space, name } of webAssembly.Module.imports(module)) {
      imports[space] ??= {};
      imports[space][name] =
        provided[name] ??
        (() => {
          throw new Error(`Lua has called ${name}, which the simulation lacks`);
        });
    }
    return imports;
  }

  #provided(): WasmImports[string] {
    return {
      invoke_vii: (index: number, a: number, b: number) => this.#invoke(index, a, b),
      _emscripten_throw_longjmp: () => {
        throw LONGJMP;
      },
      emscripten_memcpy_js: (to: number, from: number, length: number) => {
        this.#bytes.copyWithin(to, from, from + length);
      },
      // The C library starts with an empty environment.
      environ_sizes_get: (count: Pointer, size: Pointer) => {
        this.#words[count >> 2] = 0;
        this.#words[size >> 2] = 0;
        return 0;
      },
      environ_get: () => 0,
      emscripten_resize_heap: (size: number) => this.#resize(size),
    };
  }

  /** Runs a function whose errors come back by `longjmp`: Emscripten's `invoke_vii`. */
  #invoke(index: number, a: number, b: number): void {
    const stack = this.#exports.stackSave();
    try {
      (this.#exports.__indirect_function_table.get(index) as (a: number, b: number) => void)(a, b);
    } catch (error) {
      this.#exports.stackRestore(stack);
      if (error !== LONGJMP) throw error;
      this.#exports.setThrew(1, 0);
    }
  }

  #resize(size: number): number {
    const { memory } = this.#exports;
    memory.grow(Math.max(256, Math.ceil((size - memory.buffer.byteLength) / 65_536)));
    this.#bytes = bytesOf(memory);
    this.#words = new Uint32Array(memory.buffer);
    return 1;
  }

  /** Puts the function into Lua's function table. @returns what `lua_pushcclosure` takes. */
  addFunction(fn: LuaFunction): number {
    const { exports } = new webAssembly.Instance(adapter, { e: { f: fn } });
    const table = this.#exports.__indirect_function_table;
    const index = table.grow(1);
    table.set(index, (exports as { f: unknown }).f);
    return index;
  }

  /** Copies the bytes to where the next call may read them. @returns their address. */
  place(text: string): Pointer {
    const { length } = text;
    if (length > this.#scratchSize) {
      this.#exports.free(this.#scratch);
      this.#scratchSize = 2 * length;
      this.#scratch = this.#exports.malloc(this.#scratchSize);
    }
    const bytes = this.#bytes;
    const start = this.#scratch;
    if (length > 100) bytes.write(text, start, 'latin1');
    else for (let index = 0; index < length; index++) bytes[start + index] = text.charCodeAt(index);
    return start;
  }

  pushString(L: Pointer, text: string): void {
    this.api.lua_pushlstring(L, this.place(text), text.length);
  }

  /**
   * Pushes a string that scripts use again and again, such as a key or an option. Lua has each string once and keeps this
   * one, so that its address stands for its text from then on.
   */
  pushKnown(L: Pointer, text: string): void {
    const reference = this.#known.get(text);
    if (reference !== undefined) {
      this.api.lua_rawgeti(L, REGISTRY, reference);
      return;
    }
    this.pushString(L, text);
    if (this.#known.size >= MAX_KNOWN) return;
    this.#texts.set(this.api.lua_tolstring(L, -1, this.#lengthAt), text);
    this.api.lua_pushvalue(L, -1);
    this.#known.set(text, this.api.luaL_ref(L, REGISTRY));
  }

  /** Reads the string at an index of Lua's stack. */
  stringAt(L: Pointer, index: number): string {
    const start = this.api.lua_tolstring(L, index, this.#lengthAt);
    const text = this.#texts.get(start);
    return text ?? this.#bytes.latin1Slice(start, start + (this.#words[this.#lengthAt >> 2] ?? 0));
  }
}
