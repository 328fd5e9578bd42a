import { savedPage } from '../../state/saved-page.ts';

/** @returns the content of an element as a standalone page: see {@link savedPage}. */
export function savePage(shown: Element, title: string, link: string): string {
  const copy = shown.cloneNode(true) as Element;
  makeStill(copy);
  return savedPage({ title, html: copy.outerHTML, css: allStyles(), link, savedAt: new Date() });
}

/** Removes the controls, which need scripts. A step of the picture gets its description as a title instead. */
function makeStill(copy: Element): void {
  for (const link of copy.querySelectorAll('.row-link')) link.replaceWith(link.firstChild ?? '');
  const controls =
    'button, input, select, fieldset, .diagram-tools, .diagram-replay, .diagram-overlay, .diagram-description';
  for (const control of copy.querySelectorAll(controls)) control.remove();
  for (const details of copy.querySelectorAll('details')) details.open = true;
  for (const status of copy.querySelectorAll('[role=status]')) status.removeAttribute('role');
  for (const step of copy.querySelectorAll('[role=option]')) {
    const text = document.createElementNS('http://www.w3.org/2000/svg', 'title');
    text.textContent = step.getAttribute('aria-label');
    step.prepend(text);
  }
  for (const element of copy.querySelectorAll('[role=listbox], [role=option]')) {
    const attributes = ['role', 'aria-label', 'aria-orientation', 'aria-selected', 'tabindex'];
    for (const attribute of attributes) element.removeAttribute(attribute);
  }
  for (const box of copy.querySelectorAll<HTMLElement>('.diagram-box')) {
    box.tabIndex = 0; // so that the arrow keys scroll it
    box.setAttribute('role', 'group');
    box.setAttribute('aria-label', 'Picture');
  }
  for (const heading of copy.querySelectorAll('h3')) {
    const higher = document.createElement('h2'); // directly below the page's title
    higher.append(...heading.childNodes);
    heading.replaceWith(higher);
  }
}

function allStyles(): string {
  return [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules].map(({ cssText }) => cssText)).join('\n');
}
