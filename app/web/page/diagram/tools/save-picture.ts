import { download } from '../../download.ts';

/** What an image is made of, with the values that need not be written. Only what is drawn has them, so none is inherited. */
const properties: Readonly<Record<string, string>> = {
  fill: 'rgb(0, 0, 0)',
  stroke: 'none',
  'stroke-width': '1px',
  'stroke-dasharray': 'none',
  'stroke-linejoin': 'miter',
  'paint-order': 'normal',
  opacity: '1',
  'font-family': '',
  'font-size': '',
  'font-weight': '400',
  'text-anchor': 'start',
};
const ofText = new Set(['font-family', 'font-size', 'font-weight', 'text-anchor', 'paint-order']);
const svgNamespace = 'http://www.w3.org/2000/svg';
const pngScale = 2;
/** A wider canvas is refused by some browsers. In pixels. */
const widestPng = 16_000;
const padding = 12;
const titleHeight = 28;

/** An image that needs no style sheet. Sizes are in CSS pixels. */
interface SavedPicture {
  readonly svg: string;
  readonly width: number;
  readonly height: number;
}

/** Makes the browser save the pictures of a box, whole, in the colours that they have now. A PNG has two pixels for one. */
export async function savePicture(box: Element, title: string, format: 'svg' | 'png'): Promise<void> {
  const picture = drawAll(box, title);
  const name = `${title.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}.${format}`;
  if (format === 'svg') download(name, 'image/svg+xml', picture.svg);
  else download(name, 'image/png', await toPng(picture));
}

/** The runs of a box, one above the other, each with its name if there are several. */
function drawAll(box: Element, title: string): SavedPicture {
  const paper = getComputedStyle(box);
  const runs = [...box.querySelectorAll('.diagram-run')];
  const names = [...box.querySelectorAll('.diagram-name')].map(({ textContent }) => textContent);
  const parts: string[] = [];
  let [width, y] = [0, padding];
  runs.forEach((run, index) => {
    const text = document.createElementNS(svgNamespace, 'text');
    text.textContent = names[index] ?? title;
    const looks = {
      x: padding,
      y: y + 18,
      fill: plain(paper.color),
      'font-family': paper.fontFamily,
      'font-size': '16px',
    };
    set(text, { ...looks, 'font-weight': '600' });
    parts.push(text.outerHTML);
    y += titleHeight;
    let x = padding;
    for (const drawn of run.querySelectorAll<SVGSVGElement>('.diagram-titles, .diagram-picture')) {
      const copy = copyOf(drawn);
      set(copy, { x, y });
      parts.push(copy.outerHTML);
      x += drawn.width.baseVal.value;
    }
    width = Math.max(width, x + padding);
    y += (run.querySelector<SVGSVGElement>('.diagram-picture')?.height.baseVal.value ?? 0) + padding;
  });
  const ground = `<rect width="100%" height="100%" fill="${plain(paper.backgroundColor)}"/>`;
  const size = `width="${width}" height="${y}" viewBox="0 0 ${width} ${y}"`;
  return { svg: `<svg xmlns="${svgNamespace}" ${size}>${ground}${parts.join('')}</svg>\n`, width, height: y };
}

/** A copy with its looks written on it, and without what only the page needs. */
function copyOf(drawn: SVGSVGElement): SVGSVGElement {
  const copy = drawn.cloneNode(true) as SVGSVGElement;
  const originals = [...drawn.querySelectorAll('*')];
  [...copy.querySelectorAll('*')].forEach((element, index) => {
    const original = originals[index];
    if (original && !/^(g|defs|pattern)$/.test(element.tagName)) {
      const style = getComputedStyle(original);
      for (const [name, usual] of Object.entries(properties)) {
        const value = style.getPropertyValue(name);
        const isUnused = ofText.has(name) && element.tagName !== 'text';
        if (value !== usual && !isUnused && !value.startsWith('url(')) element.setAttribute(name, plain(value));
      }
    }
    for (const { name } of [...element.attributes]) {
      if (/^(class|role|tabindex|aria-.*|data-.*)$/.test(name)) element.removeAttribute(name);
    }
  });
  for (const name of ['class', 'role', 'aria-hidden']) copy.removeAttribute(name);
  return copy;
}

function set(element: Element, attributes: Readonly<Record<string, string | number>>): void {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
}

/** A colour as all viewers know it: a browser gives a mixed one as `color(srgb …)`. Anything else is returned as it is. */
function plain(value: string): string {
  if (/^rgba\(.*, 0\)$/.test(value)) return 'none';
  const mixed = /^color\(srgb ([\d.]+) ([\d.]+) ([\d.]+)\)$/.exec(value);
  return mixed ? `rgb(${mixed.slice(1).map((part) => Math.round(Number(part) * 255))})` : value;
}

async function toPng({ svg, width, height }: SavedPicture): Promise<Blob> {
  const url = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const canvas = document.createElement('canvas');
    const scale = Math.min(pngScale, widestPng / width);
    [canvas.width, canvas.height] = [width * scale, height * scale];
    canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
    if (!blob) throw new Error('The browser could not make a PNG of the picture.');
    return blob;
  } finally {
    URL.revokeObjectURL(url);
  }
}
