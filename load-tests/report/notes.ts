/** Describes a scenario's measurements: `rivalGotIn: true` becomes `rival got in: yes`. */
export function describeNotes(notes: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(notes).map(([name, value]) => [inWords(name), describeValue(value)]));
}

/** Splits a camel-case name; a unit at its end is put in brackets. */
function inWords(name: string): string {
  const words = name.replace(/Ms$/, '').replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return /Ms$/.test(name) ? `${words} (ms)` : words;
}

function describeValue(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number') return value.toLocaleString('en');
  if (Array.isArray(value)) return value.map(describeValue).join(', ');
  if (typeof value !== 'object') return String(value);
  return Object.entries(value)
    .map(([name, part]) => `${/^[A-Z]/.test(name) ? name : inWords(name)} ${describeValue(part)}`)
    .join(', ');
}
