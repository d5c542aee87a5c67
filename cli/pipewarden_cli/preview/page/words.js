// Numbers, times and elements.

function shortNumber(value) {
  if (value === null || value === undefined) return '–';
  const size = Math.abs(value);
  for (const [factor, letter] of [[1e12, 'T'], [1e9, 'G'], [1e6, 'M'], [1e4, 'k']]) {
    if (size >= factor) return trim(value / (letter === 'k' ? 1e3 : factor), 4) + letter;
  }
  return size >= 1000 ? Math.round(value).toLocaleString('en-US') : trim(value, 4);
}

function trim(value, digits) {
  return String(Number(value.toPrecision(digits)));
}

function two(number) {
  return String(number).padStart(2, '0');
}

// Milliseconds since the epoch as a UTC moment; with the date where it matters.
function moment(at, withDate = true) {
  const time = new Date(at);
  const clock = `${two(time.getUTCHours())}:${two(time.getUTCMinutes())}`;
  return withDate ? `${time.getUTCFullYear()}-${two(time.getUTCMonth() + 1)}-${two(time.getUTCDate())} ${clock}` : clock;
}

// An element; text children stay text, whatever they contain.
function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  setAll(element, attributes);
  element.append(...children.filter((child) => child !== null && child !== ''));
  return element;
}

function makeSvg(name, attributes = {}, ...children) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  setAll(element, attributes);
  element.append(...children);
  return element;
}

function setAll(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? '' : value);
  }
}

function escapeHtml(text) {
  const span = document.createElement('span');
  span.textContent = text;
  return span.innerHTML;
}
