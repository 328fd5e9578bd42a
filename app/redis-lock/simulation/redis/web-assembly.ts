/** The part of the WebAssembly interface that is used here: TypeScript declares it only for browsers. */
export interface WebAssemblyInterface {
  readonly Module: {
    new (bytes: Uint8Array): WasmModule;
    imports(module: WasmModule): readonly { readonly module: string; readonly name: string }[];
  };
  readonly Instance: new (module: WasmModule, imports: WasmImports) => { readonly exports: object };
}

/** A compiled module. */
export type WasmModule = object;

export type WasmImports = Record<string, Record<string, (...args: number[]) => unknown>>;

export interface WasmMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

export interface WasmTable {
  get(index: number): unknown;
  set(index: number, fn: unknown): void;
  grow(count: number): number;
}

export const webAssembly = (globalThis as unknown as { WebAssembly: WebAssemblyInterface }).WebAssembly;
