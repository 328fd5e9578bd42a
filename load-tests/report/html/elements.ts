/**
 * Looks up a drawing's elements, for tests.
 *
 * @param name of an element, such as `rect`.
 * @returns the attributes of each, in order.
 */
export function elementsOf(markup: string, name: string): Record<string, string>[] {
  return [...markup.matchAll(new RegExp(`<${name}\\s([^>]*?)/?>`, 'g'))].map(([, attributes = '']) =>
    Object.fromEntries([...attributes.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, key, value]) => [key, value])),
  );
}
