// A doctype; a tag whose attributes have no value or one in double quotes; or text without unescaped markup characters.
const token =
  /<!DOCTYPE html>|<(?<close>\/)?(?<name>[a-zA-Z][\w-]*)(?<attributes>(?:\s+[\w:-]+(?:="[^"<]*")?)*)\s*(?<empty>\/)?>|(?:[^<&]|&(?:amp|lt|gt|quot|#39);)+/y;

/**
 * Parses a page, with every element closed, and looks for anything that would fetch or run something.
 *
 * @returns descriptions of the mistakes, such as an unclosed element, an unescaped character or a script. Links are allowed.
 */
export function mistakesIn(page: string): string[] {
  const mistakes = [
    ...page.matchAll(/<script|\son\w+="|\ssrc="|(?<!<a)\shref="|<a href="(?!#|https?:)|url\((?!#)|@import/g),
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
