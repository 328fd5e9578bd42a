/** Text that is HTML already. Only {@link html} and {@link trusted} make it, so that nothing else gets in unescaped. */
class Markup {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

export type { Markup };

/** What may stand in a template. `false` and `undefined` leave nothing behind; a list stands there item by item. */
export type Insert = string | number | false | undefined | Markup | readonly Insert[];

/**
 * A template of HTML, or of SVG inside it. Whatever is put in is text and is escaped, for an element's content and for an
 * attribute in double quotes, unless such a template has made it.
 */
export function html(strings: TemplateStringsArray, ...inserts: readonly Insert[]): Markup {
  return new Markup(strings.reduce((text, string, index) => text + render(inserts[index - 1]) + string));
}

/** @param text HTML or CSS of this project's own: never anything that came from outside. */
export function trusted(text: string): Markup {
  return new Markup(text);
}

function render(insert: Insert): string {
  if (insert === undefined || insert === false) return '';
  if (insert instanceof Markup) return insert.toString();
  if (typeof insert === 'object') return insert.map(render).join('');
  return escapeHtml(String(insert));
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}
