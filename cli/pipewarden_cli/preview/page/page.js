// The page: head, tabs, light and dark, and drawing what is seen first.

const data = JSON.parse(document.getElementById('data').textContent);
const views = new Map();
let shown = null;

function start() {
  const page = document.getElementById('page');
  page.append(head(), make('main', {}));
  show(location.hash.slice(1), false);
  window.addEventListener('hashchange', () => show(location.hash.slice(1)));
  darkMedia.addEventListener('change', redraw);
  new ResizeObserver(resize).observe(document.querySelector('main'));
}

function head() {
  const tabs = data.dashboards.map((dashboard) => make('a', { href: `#${dashboard.id}`, class: 'tab' }, dashboard.title));
  return make('div', { class: 'head' },
    make('div', { class: 'bar' },
      make('p', { class: 'crumbs' }, make('span', {}, 'CloudWatch'), make('span', {}, 'Dashboards'), make('b', { id: 'current' })),
      make('p', { class: 'facts' }, make('span', { class: 'origin' }, data.origin), make('span', { id: 'time' }), themeButton())),
    data.dashboards.length > 1 ? make('nav', { class: 'tabs', 'aria-label': 'Dashboards' }, ...tabs) : '');
}

function themeButton() {
  const button = make('button', { type: 'button', id: 'theme' });
  const name = () => { button.textContent = isDark() ? 'Light' : 'Dark'; };
  button.addEventListener('click', () => {
    document.documentElement.dataset.theme = isDark() ? 'light' : 'dark';
    name();
    redraw();
  });
  darkMedia.addEventListener('change', name);
  name();
  return button;
}

function show(id, scroll = true) {
  const dashboard = data.dashboards.find((found) => found.id === id) || data.dashboards[0];
  if (!dashboard || dashboard === shown) return;
  shown = dashboard;
  if (!views.has(dashboard.id)) views.set(dashboard.id, dashboardView(dashboard));
  const view = views.get(dashboard.id);
  document.querySelector('main').replaceChildren(view.section);
  document.getElementById('current').textContent = dashboard.name;
  document.getElementById('time').textContent = `${moment(dashboard.start * 1000)} – ${moment(dashboard.end * 1000)} UTC`;
  for (const tab of document.querySelectorAll('.tab')) markTab(tab, tab.hash === `#${dashboard.id}`);
  if (scroll) window.scrollTo(0, 0);
  drawAll(view);
}

function markTab(tab, current) {
  tab.setAttribute('aria-current', String(current));
  if (current) tab.parentElement.scrollLeft = tab.offsetLeft - (tab.parentElement.clientWidth - tab.offsetWidth) / 2;
}

// What can be seen is drawn at once, the rest while the browser is idle.
function drawAll(view) {
  document.documentElement.dataset.ready = 'false';
  const waiting = view.panels.filter((panel) => !panel.drawn);
  const seen = waiting.filter((panel) => panel.element.getBoundingClientRect().top < window.innerHeight * 1.3);
  seen.forEach((panel) => panel.draw());
  performance.mark('first-view');
  const rest = waiting.filter((panel) => !panel.drawn);
  const next = () => {
    if (shown && views.get(shown.id) !== view) return;
    const until = performance.now() + 12;
    while (rest.length && performance.now() < until) rest.shift().draw();
    if (rest.length) setTimeout(next, 0);
    else finish();
  };
  next();
}

function finish() {
  performance.mark('all');
  document.documentElement.dataset.ready = 'true';
}

function redraw() {
  for (const view of views.values()) for (const panel of view.panels) panel.drawn = false;
  for (const [id, view] of views) if (id === shown.id) drawAll(view); else views.delete(id);
}

function resize() {
  for (const panel of views.get(shown?.id)?.panels ?? []) panel.chart?.resize();
}

start();
