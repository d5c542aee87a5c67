// What the tests ask a page: run in it, answers plain values.
window.inspect = {
  // Every widget by its title (or type), with what is drawn in it.
  widgets() {
    return [...document.querySelectorAll('.widget')].map((element) => {
      const drawn = [...element.querySelectorAll('.canvas svg path, .canvas svg polyline, .canvas svg circle')];
      const shapes = drawn.filter((shape) => !shape.closest('clipPath'));
      return {
        title: element.querySelector('header h2')?.textContent ?? element.className,
        type: element.className,
        chart: Boolean(element.querySelector('.canvas')),
        data: shapes.filter(isData).length,
        areas: shapes.filter(isArea).length,
        sparklines: element.querySelectorAll('.sparkline path').length,
        arcs: element.querySelectorAll('.gauge path').length,
        rows: element.querySelectorAll('tbody tr').length,
        tiles: element.querySelectorAll('.tile').length,
        legend: [...element.querySelectorAll('.legend span')].map((span) => span.textContent),
        text: element.innerText,
        nothing: Boolean(element.querySelector('.nothing')),
      };
    });
  },
  // Widgets whose box leaves the page or covers another one, and titles that are cut off.
  misplaced() {
    const boxes = [...document.querySelectorAll('.widget')].map((element) => [element, element.getBoundingClientRect()]);
    const wrong = [];
    for (const [element, box] of boxes) {
      const name = element.querySelector('header h2')?.textContent ?? element.className;
      if (box.left < 0 || box.right > document.documentElement.clientWidth + 1) wrong.push(`${name} leaves the page`);
      for (const [other, at] of boxes) {
        if (other === element) continue;
        if (box.left < at.right - 1 && at.left < box.right - 1 && box.top < at.bottom - 1 && at.top < box.bottom - 1) wrong.push(`${name} covers another`);
      }
      const canvas = element.querySelector('.canvas');
      if (canvas && canvas.clientHeight < 60) wrong.push(`${name} has no room for its graph`);
    }
    return wrong;
  },
  cutTitles() {
    return [...document.querySelectorAll('.widget header h2')].filter((title) => title.scrollWidth > title.clientWidth + 1).map((title) => title.textContent);
  },
  // Texts whose contrast with what is behind them is too low to read.
  unreadable(least) {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const wrong = new Map();
    while (walker.nextNode()) {
      const node = walker.currentNode, element = node.parentElement;
      if (!node.textContent.trim() || ['SCRIPT', 'STYLE', 'NOSCRIPT', 'OPTION'].includes(element.tagName)) continue;
      if (!element.getClientRects().length) continue;
      const svg = element instanceof SVGElement;
      const style = getComputedStyle(element);
      const ink = channels(svg ? style.fill : style.color);
      // White figures on the slices of a pie have a dark outline of their own.
      if (!ink || (svg && style.strokeWidth !== '0px' && style.stroke !== 'none')) continue;
      const ratio = contrast(ink, paperBehind(element));
      if (ratio < least) wrong.set(`${node.textContent.trim().slice(0, 40)}: ${ratio.toFixed(2)}`, true);
    }
    return [...wrong.keys()];
  },
};

function painted(shape) {
  const box = shape.getBBox();
  const style = getComputedStyle(shape);
  return (box.width > 1 || box.height > 1) && style.display !== 'none' && style.opacity !== '0';
}

// Lines and areas of data are coloured and reach over more than the grid's greys.
function isData(shape) {
  const style = getComputedStyle(shape);
  const colors = [style.fill, style.stroke].map(channels).filter(Boolean);
  return painted(shape) && colors.some(([r, g, b]) => Math.max(r, g, b) - Math.min(r, g, b) > 40);
}

// Filled shapes over most of the graph's width: areas, bands, shaded sides of annotations.
function isArea(shape) {
  const style = getComputedStyle(shape);
  return channels(style.fill) && Number(style.fillOpacity) > 0 && shape.getBBox().width > shape.ownerSVGElement.clientWidth / 2;
}

function channels(color) {
  const match = /rgba?\(([\d.]+), ([\d.]+), ([\d.]+)(?:, ([\d.]+))?\)/.exec(color);
  return match && match[4] !== '0' ? match.slice(1, 4).map(Number) : null;
}

function paperBehind(element) {
  for (let at = element; at; at = at.parentElement) {
    const color = channels(getComputedStyle(at).backgroundColor);
    if (color) return color;
  }
  return [255, 255, 255];
}

function contrast(one, other) {
  const light = (rgb) => {
    const [r, g, b] = rgb.map((part) => (part / 255 <= 0.03928 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [high, low] = [light(one), light(other)].sort((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
}
