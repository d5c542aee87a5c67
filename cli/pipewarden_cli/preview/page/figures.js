// Large numbers with a line below them, and gauges: plain SVG.

function numberCard(contents) {
  const list = make('div', { class: contents.items.length > 1 ? 'numbers many' : 'numbers' });
  for (const item of contents.items) {
    const value = make('p', { class: 'value' }, item.text, item.unit ? make('small', {}, item.unit) : '');
    const label = make('p', { class: 'label' }, swatch(item.color), item.label);
    const drawn = item.line.filter((point) => point !== null).length > 1;
    list.append(make('div', { class: drawn ? 'number lined' : 'number' }, value, label, drawn ? sparkline(item) : ''));
  }
  return list;
}

function swatch(color) {
  const mark = make('i', { class: 'swatch', 'aria-hidden': 'true' });
  mark.style.background = visible(color);
  return mark;
}

function sparkline(item) {
  const known = item.line.filter((point) => point !== null);
  const least = Math.min(...known), most = Math.max(...known);
  const reach = most - least;
  const place = (value, at) => `${((at / (item.line.length - 1 || 1)) * 300).toFixed(1)},${(reach ? 46 - ((value - least) / reach) * 42 : 25).toFixed(1)}`;
  const dots = item.line.map((value, at) => (value === null ? null : place(value, at))).filter(Boolean);
  const color = visible(item.color);
  const frame = { viewBox: '0 0 300 50', preserveAspectRatio: 'none', class: 'sparkline', role: 'img', 'aria-label': `${item.label} over time` };
  // Something counted now and then is no line: a stroke for each time.
  if (known.length < item.line.length * 0.4 && known.every(Number.isInteger)) {
    const strokes = dots.map((dot) => `M${dot.split(',')[0]},50V${dot.split(',')[1]}`).join('');
    return makeSvg('svg', frame, makeSvg('path', { d: strokes, fill: 'none', stroke: color, 'stroke-width': 4, 'vector-effect': 'non-scaling-stroke' }));
  }
  const first = dots[0].split(',')[0], last = dots[dots.length - 1].split(',')[0];
  return makeSvg('svg', frame,
    makeSvg('path', { d: `M${first},50L${dots.join('L')}L${last},50Z`, fill: color, opacity: 0.16 }),
    makeSvg('path', { d: `M${dots.join('L')}`, fill: 'none', stroke: color, 'stroke-width': 1.6, 'vector-effect': 'non-scaling-stroke' }));
}

function gaugeCard(contents) {
  const list = make('div', { class: 'gauges' });
  for (const item of contents.items) list.append(gauge(item, contents));
  return list;
}

function gauge(item, contents) {
  const share = (value) => Math.min(1, Math.max(0, (value - contents.min) / (contents.max - contents.min)));
  const theme = look();
  const color = gaugeColor(item, contents);
  const svg = makeSvg('svg', { viewBox: '0 0 200 128', class: 'gauge', role: 'img', 'aria-label': `${item.label}: ${item.text}` });
  svg.append(makeSvg('path', { d: arc(0, 1, 80), fill: 'none', stroke: theme.rule, 'stroke-width': 17 }));
  if (item.value !== null) {
    svg.append(makeSvg('path', { d: arc(0, Math.max(0.004, share(item.value)), 80), fill: 'none', stroke: visible(color), 'stroke-width': 17 }));
  }
  for (const zone of zones(contents)) {
    svg.append(makeSvg('path', { d: arc(share(zone.from), share(zone.to), 93), fill: 'none', stroke: visible(zone.color), 'stroke-width': 4 }));
  }
  svg.append(
    svgText(100, 96, `${item.text}${item.unit ? ` ${item.unit}` : ''}`, { 'font-size': 25, 'font-weight': 650, fill: theme.ink }),
    svgText(20, 120, shortNumber(contents.min), { 'font-size': 11.5, fill: theme.soft }),
    svgText(180, 120, shortNumber(contents.max), { 'font-size': 11.5, fill: theme.soft }));
  return make('figure', {}, svg, make('figcaption', {}, item.label));
}

function svgText(x, y, text, attributes) {
  const element = makeSvg('text', { x, y, 'text-anchor': 'middle', ...attributes });
  element.textContent = text;
  return element;
}

// Half a circle from left (0) to right (1) around (100, 102).
function arc(from, to, radius) {
  const at = (share) => [100 - radius * Math.cos(Math.PI * share), 102 - radius * Math.sin(Math.PI * share)].map((n) => n.toFixed(2)).join(' ');
  return `M${at(from)}A${radius} ${radius} 0 0 1 ${at(to)}`;
}

// Ranges and shaded sides of the annotations, as CloudWatch colours a gauge.
function zones(contents) {
  return contents.marks.flatMap((mark) => {
    if (mark.to !== null) return [{ from: mark.value, to: mark.to, color: mark.color }];
    if (mark.fill === 'above') return [{ from: mark.value, to: contents.max, color: mark.color }];
    if (mark.fill === 'below') return [{ from: contents.min, to: mark.value, color: mark.color }];
    return [{ from: mark.value, to: mark.value + (contents.max - contents.min) * 0.008, color: mark.color }];
  });
}

function gaugeColor(item, contents) {
  const zone = zones(contents).find((found) => item.value !== null && item.value >= found.from && item.value <= found.to);
  return zone ? zone.color : item.color;
}
