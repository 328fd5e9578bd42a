import { keptPage } from '../model/kept-page.ts';

/** @returns what is shown in an element as a page to keep: see {@link keptPage}. Controls are left out, details open. */
export function keepPage(shown: Element, title: string, link: string): string {
  const copy = shown.cloneNode(true) as Element;
  for (const control of copy.querySelectorAll('button, input, select, fieldset')) control.remove();
  for (const details of copy.querySelectorAll('details')) details.open = true;
  for (const live of copy.querySelectorAll('[role=status]')) live.removeAttribute('role');
  return keptPage({ title, html: copy.outerHTML, css: allStyles(), link, keptAt: new Date() });
}

function allStyles(): string {
  return [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules].map(({ cssText }) => cssText)).join('\n');
}
