import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ComponentChildren, JSX } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { repositoryRoot } from '../../stack/repository.ts';

export interface FrameOptions {
  readonly title: string;
  /** The name of the report's own stylesheet, such as `race`. */
  readonly style: string;
  /** The content of `<main>`. */
  readonly content: ComponentChildren;
}

/** A self-contained page in the colours of the lab's page. Its Content-Security-Policy forbids scripts and requests. */
export function renderFrame({ title, style, content }: FrameOptions): string {
  const page = (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
        <meta name="color-scheme" content="light dark" />
        <title>{title}</title>
        <style dangerouslySetInnerHTML={{ __html: stylesFor(style) }} />
      </head>
      <body>
        <main>{content}</main>
      </body>
    </html>
  );
  return `<!DOCTYPE html>\n${renderToString(page)}\n`;
}

const page = join(repositoryRoot, 'app/web/page');

/** The page's colours, its diagram, and what the reports add. */
function stylesFor(style: string): string {
  const diagram = readdirSync(join(page, 'diagram/render')).filter((name) => name.endsWith('.css'));
  const files = [
    join(page, 'theme.css'),
    join(page, 'diagram/diagram.css'),
    ...diagram.map((name) => join(page, 'diagram/render', name)),
    ...['page', style].map((name) => join(import.meta.dirname, `${name}.css`)),
  ];
  return files.map((file) => readFileSync(file, 'utf8')).join('');
}

/** The width of what a report shows, in CSS pixels. */
export const reportWidth = 1120;

/** A box for what may be wider than the page. It scrolls, also by keyboard. */
export function Scrolling({ label, children }: { label: string; children: ComponentChildren }): JSX.Element {
  return (
    <section class="scroll" aria-label={label} tabindex={0}>
      {children}
    </section>
  );
}

/** The conditions of the measurement. */
export function Conditions({ of }: { readonly of: Readonly<Record<string, string | number>> }): JSX.Element {
  return (
    <section>
      <h2>Conditions</h2>
      <Pairs of={of} />
    </section>
  );
}

/** Names and values, side by side where there is room. */
export function Pairs({ of }: { readonly of: Readonly<Record<string, string | number>> }): JSX.Element {
  return (
    <dl>
      {Object.entries(of).map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
