// A doctype; or a tag, its attributes each with a value in double quotes; or text without a bare character of markup.
const token =
  /<!DOCTYPE html>|<(?<close>\/)?(?<name>[a-zA-Z][\w-]*)(?<attributes>(?:\s+[\w:-]+="[^"<]*")*)\s*(?<empty>\/)?>|(?:[^<>&]|&(?:amp|lt|gt|quot|#39);)+/y;

/**
 * Reads a page as strictly as XML is read, and looks for what would fetch or run something.
 *
 * @returns what is wrong with it, in words: an element that is not closed, a character that is not escaped, a script. A link
 * that a reader may follow is neither.
 */
export function mistakesIn(page: string): string[] {
  const mistakes = [
    ...page.matchAll(/<script|\son\w+="|\ssrc="|(?<!<a)\shref="|<a href="(?!#|https?:)|url\(|@import/g),
  ].map(([found]) => `there is ${found}`);
  const [head = '', styles = '', body = ''] = page.split(/(?<=<style>)([^<]*)(?=<\/style>)/);
  const text = head + body;
  if (styles === '') mistakes.push('there is no style');
  const open: string[] = [];
  token.lastIndex = 0;
  while (token.lastIndex < text.length) {
    const at = token.lastIndex;
    const groups = token.exec(text)?.groups;
    if (!groups) return [...mistakes, `not well-formed: ${text.slice(at, at + 60)}`];
    const { close, name, empty } = groups;
    if (name === undefined || empty) continue;
    if (!close) open.push(name);
    else if (open.pop() !== name)
      return [...mistakes, `</${name}> closes another element, before ${text.slice(at, at + 60)}`];
  }
  return [...mistakes, ...open.map((name) => `<${name}> is not closed`)];
}
