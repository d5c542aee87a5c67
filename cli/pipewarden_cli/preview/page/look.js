// Light and dark, and colours that stay visible on either.

const darkMedia = window.matchMedia('(prefers-color-scheme: dark)');

function isDark() {
  const theme = document.documentElement.dataset.theme;
  return theme === 'dark' || (theme === 'auto' && darkMedia.matches);
}

function look() {
  return isDark()
    ? { ink: '#e3e7ec', soft: '#a9b4c0', rule: '#2c3948', axis: '#4a5a6b', paper: '#161f2a', pointer: '#7d8da0' }
    : { ink: '#16191f', soft: '#545b64', rule: '#eceff1', axis: '#aab7b8', paper: '#ffffff', pointer: '#879596' };
}

// Only colours of these forms go into styles and drawings; anything else becomes grey.
function safeColor(color) {
  return /^(#[0-9a-f]{3,8}|[a-z]{3,20}|rgba?\([\d\s.,%]+\))$/i.test(color || '') ? color : '#7f8c8d';
}

// Dark blues and browns would vanish on a dark card: lift them; pale ones on a white card: deepen them.
function visible(color) {
  const rgb = channels(safeColor(color));
  if (!rgb) return safeColor(color);
  const light = (0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2]) / 255;
  if (isDark() && light < 0.45) return mix(rgb, 255, (0.45 - light) * 0.8);
  if (!isDark() && light > 0.82) return mix(rgb, 0, (light - 0.82) * 1.4);
  return safeColor(color);
}

function channels(color) {
  const hex = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(color);
  if (!hex) return null;
  const full = hex[1].length === 3 ? [...hex[1]].map((digit) => digit + digit).join('') : hex[1];
  return [0, 2, 4].map((at) => parseInt(full.slice(at, at + 2), 16));
}

function mix(rgb, target, share) {
  return `rgb(${rgb.map((part) => Math.round(part + (target - part) * share)).join(',')})`;
}
