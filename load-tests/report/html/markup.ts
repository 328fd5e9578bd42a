/** Escaped HTML. Only {@link html} and {@link trusted} create it, so that all other text is escaped. */
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

/** A value in a template. `false` and `undefined` render nothing; a list renders its items. */
export type Insert = string | number | false | undefined | Markup | readonly Insert[];

/**
 * A template of HTML, or of SVG inside it. Values are escaped, for an element's content and for an attribute in double quotes,
 * unless they are {@link Markup}.
 */
export function html(strings: TemplateStringsArray, ...inserts: readonly Insert[]): Markup {
  return new Markup(strings.reduce((text, string, index) => text + render(inserts[index - 1]) + string));
}

/** @param text HTML or CSS of this project: never any input. */
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
