import { styleText } from 'node:util';

const formats = {
  violated: 'red',
  held: 'green',
  unavailable: 'blue',
  inconclusive: 'yellow',
  quiet: 'dim',
  strong: 'bold',
} as const;

/** Styles a text by what it says. */
export type Paint = (meaning: keyof typeof formats, text: string) => string;

/** Colours on a terminal, none in a pipe; NO_COLOR and FORCE_COLOR decide otherwise (https://no-color.org). */
export const paint: Paint = (meaning, text) => styleText(formats[meaning], text, { stream: process.stdout });

/** Leaves every text as it is, as in a document. */
export const plain: Paint = (_, text) => text;
