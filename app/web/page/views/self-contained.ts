/**
 * What is shown in an element, as a page of its own that needs no network and no script, which its own policy forbids: the
 * pictures, the tables and the styles as they are here.
 */
export function selfContained(shown: Element, { title, link }: { title: string; link: string }): string {
  const copy = shown.cloneNode(true) as Element;
  for (const control of copy.querySelectorAll('button, input, select, fieldset')) control.remove();
  for (const details of copy.querySelectorAll('details')) details.open = true;
  for (const element of copy.querySelectorAll('[role=status], [tabindex]')) {
    element.removeAttribute('role');
    element.removeAttribute('tabindex');
  }
  const made = document.implementation.createHTMLDocument(title);
  made.documentElement.lang = 'en';
  const policy = made.createElement('meta');
  policy.httpEquiv = 'Content-Security-Policy';
  policy.content = "default-src 'none'; style-src 'unsafe-inline'";
  const viewport = made.createElement('meta');
  viewport.name = 'viewport';
  viewport.content = 'width=device-width, initial-scale=1';
  const charset = made.createElement('meta');
  charset.setAttribute('charset', 'utf-8');
  const style = made.createElement('style');
  style.textContent = allStyles();
  made.head.prepend(charset, policy, viewport);
  made.head.append(style);
  const main = made.createElement('main');
  const heading = made.createElement('h1');
  heading.textContent = title;
  const origin = made.createElement('p');
  origin.textContent = `Kept on ${new Date().toISOString()}. Where it was made, this plays it again: ${link}`;
  main.append(heading, origin, made.importNode(copy, true));
  made.body.append(main);
  return `<!doctype html>\n${made.documentElement.outerHTML}\n`;
}

function allStyles(): string {
  return [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules].map(({ cssText }) => cssText)).join('\n');
}
