/** The parts of a JSON schema that inputs are drawn from. */
export interface Schema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: string[];
  readonly anyOf?: readonly Schema[];
}

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly schema: Schema;
}

/** One method of one path, as `/openapi.json` describes it. */
export interface Operation {
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly body: Schema | undefined;
}

interface Described {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
}
interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
}

/** Reads the operations of a running service. @throws if it describes none: nothing would be tested. */
export async function readOperations(url: string): Promise<Operation[]> {
  const response = await fetch(new URL('/openapi.json', url), { signal: AbortSignal.timeout(10_000) });
  const { paths } = (await response.json()) as OpenApi;
  const found = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations)
      .filter(([method]) => method === 'get' || method === 'post')
      .map(([method, { parameters = [], requestBody }]) => ({
        method: method.toUpperCase(),
        path,
        parameters: [...parameters, requestIdHeader],
        body: requestBody?.content['application/json']?.schema,
      })),
  );
  if (found.length === 0) throw new Error('/openapi.json describes no GET or POST.');
  return found;
}

/** Every path refers to it. */
const requestIdHeader: Parameter = {
  name: 'X-Request-Id',
  in: 'header',
  schema: { pattern: '^[A-Za-z0-9._-]{1,64}$' },
};
