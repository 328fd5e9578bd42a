/**
 * Finds text with a contrast below 4.5 and lines below 3 in the diagram (WCAG 2.2, 1.4.3 and 1.4.11): axe does not see the
 * background of SVG text. Runs in the page.
 *
 * @returns a description of each fault.
 */
export const findFaintMarks = `(() => {
  const pixel = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgb = (colour) => {
    pixel.clearRect(0, 0, 1, 1);
    pixel.fillStyle = colour;
    pixel.fillRect(0, 0, 1, 1);
    return [...pixel.getImageData(0, 0, 1, 1).data];
  };
  const luminance = (colour) => {
    const [r, g, b] = rgb(colour).map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a, b) => {
    const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (light + 0.05) / (dark + 0.05);
  };
  const style = (element) => getComputedStyle(element);
  const paper = style(document.querySelector('.diagram-box')).backgroundColor;
  const panel = style(document.querySelector('.diagram-picture .lane')).fill;
  const faults = [];
  for (const text of document.querySelectorAll('.diagram-picture text, .diagram-titles text')) {
    const ground = text.parentElement.querySelector('.ground, .verdict > rect');
    const under = ground && style(ground).fill !== 'none' ? [style(ground).fill] : [paper, panel];
    const least = Math.min(...under.map((colour) => contrast(style(text).fill, colour)));
    if (least < 4.5) faults.push('text "' + text.textContent + '": ' + least.toFixed(2));
  }
  for (const ground of document.querySelectorAll('.diagram-picture :is(.ground, .arrow line, .arrow polygon, .window.stale)')) {
    const { stroke, fill } = style(ground);
    const colour = stroke === 'none' ? fill : stroke;
    const least = Math.min(contrast(colour, paper), contrast(colour, panel));
    if (least < 3) faults.push('line of ' + ground.parentElement.getAttribute('class') + ': ' + least.toFixed(2));
  }
  return [...new Set(faults)];
})()`;
