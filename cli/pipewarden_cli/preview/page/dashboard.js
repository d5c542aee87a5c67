// One dashboard: its variables, its grid, and each widget's card.

const CARDS = { text: textCard, table: tableCard, alarms: alarmCard, note: noteCard, numbers: numberCard, gauge: gaugeCard };
const OPTIONS = { lines: lineOption, bar: barOption, pie: pieOption };

function dashboardView(dashboard) {
  const chosen = new Map(dashboard.variables.map((variable) => [variable.id, variable.chosen]));
  const panels = dashboard.widgets.map((widget) => panelView(widget, chosen, dashboard));
  const change = (id, choice) => {
    chosen.set(id, choice);
    for (const panel of panels) if (panel.widget.varies.includes(id)) panel.draw();
  };
  const grid = make('div', { class: 'grid' }, ...panels.map((panel) => panel.element));
  const section = make('section', { class: 'dashboard', 'data-dashboard': dashboard.id, 'aria-label': dashboard.title },
    variableBar(dashboard.variables.filter((variable) => variable.visible), change),
    dashboard.remarks.length ? make('ul', { class: 'remarks' }, ...dashboard.remarks.map((text) => make('li', {}, text))) : '',
    grid);
  return { section, panels };
}

function variableBar(variables, change) {
  if (!variables.length) return '';
  return make('form', { class: 'variables', 'aria-label': 'Variables' }, ...variables.map((variable) => control(variable, change)));
}

function control(variable, change) {
  const name = make('span', {}, variable.label);
  if (variable.input === 'radio') {
    const options = variable.choices.map(([value, label], at) => {
      const input = make('input', { type: 'radio', name: variable.id, value, checked: at === variable.chosen });
      input.addEventListener('change', () => change(variable.id, at));
      return make('label', {}, input, label);
    });
    return make('fieldset', { 'data-variable': variable.id }, make('legend', {}, variable.label), ...options);
  }
  if (variable.input === 'input') return make('label', { 'data-variable': variable.id }, name, ...textInput(variable, change));
  const select = make('select', {}, ...variable.choices.map(([value, label], at) => make('option', { value, selected: at === variable.chosen }, label)));
  select.disabled = !variable.choices.length;
  select.addEventListener('change', () => change(variable.id, select.selectedIndex));
  return make('label', { 'data-variable': variable.id }, name, select);
}

// Any text may be typed; data is in the page for the known values only.
function textInput(variable, change) {
  const list = make('datalist', { id: `values-${variable.id}` }, ...variable.choices.map(([value, label]) => make('option', { value }, label)));
  const input = make('input', { type: 'text', list: list.id, value: variable.choices[variable.chosen]?.[0] ?? '', autocomplete: 'off' });
  const read = () => change(variable.id, variable.choices.findIndex(([value]) => value === input.value));
  input.addEventListener('change', read);
  input.addEventListener('input', () => { if (variable.choices.some(([value]) => value === input.value)) read(); });
  return [input, list];
}

function panelView(widget, chosen, dashboard) {
  const element = make('article', { class: `widget ${widget.type}` });
  element.style.gridColumn = `${widget.x + 1} / span ${widget.w}`;
  element.style.gridRow = `${widget.y + 1} / span ${widget.h}`;
  element.style.setProperty('--rows', widget.h);
  const panel = { widget, element, chart: null, drawn: false };
  const contents = () => widget.variants[widget.varies.map((id) => chosen.get(id)).join('.')] ?? missingVariant(widget, chosen, dashboard);
  panel.draw = () => drawPanel(panel, contents());
  return panel;
}

function missingVariant(widget, chosen, dashboard) {
  const named = dashboard.variables.filter((variable) => widget.varies.includes(variable.id) && chosen.get(variable.id) < 0);
  const heading = `No data for this value of ${named.map((variable) => variable.label).join(', ')}`;
  const { title } = Object.values(widget.variants)[0];
  return { kind: 'note', title, tone: 'info', heading, sentences: ['The preview holds the data of the listed values.'] };
}

function drawPanel(panel, contents) {
  panel.chart?.dispose();
  panel.chart = null;
  panel.drawn = true;
  panel.contents = contents;
  const { element } = panel;
  element.classList.toggle('transparent', Boolean(contents.transparent));
  const title = contents.title ? make('header', {}, make('h2', { title: contents.title }, contents.title), noteMark(contents)) : '';
  if (CARDS[contents.kind]) {
    element.replaceChildren(...[title, CARDS[contents.kind](contents)].filter(Boolean));
    return;
  }
  const canvas = make('div', { class: 'canvas' });
  const legend = legendView(panel, contents);
  element.classList.toggle('beside', contents.legend === 'right' || contents.kind === 'pie');
  element.replaceChildren(...[title, make('div', { class: 'plot' }, canvas, legend), emptyMark(contents)].filter(Boolean));
  panel.chart = echarts.init(canvas, null, { renderer: 'svg' });
  panel.chart.setOption(OPTIONS[contents.kind](contents));
}

function noteMark(contents) {
  return contents.notes?.length ? make('span', { class: 'hint', title: contents.notes.join('\n'), tabindex: '0', 'aria-label': contents.notes.join(' ') }, 'i') : '';
}

function emptyMark(contents) {
  const known = contents.kind === 'lines' ? [...contents.series, ...contents.bands].some((line) => line.values.some((value) => value !== null))
    : contents.items.some((item) => item.value !== null);
  return known ? '' : make('p', { class: 'nothing' }, 'No data in the chosen time');
}

function legendView(panel, contents) {
  if (contents.legend === 'hidden' || contents.kind === 'bar') return '';
  const entries = contents.kind === 'lines' ? legendEntries(contents) : contents.items.map((item, at) => ({ ...item, name: seriesName('l', at, item.label) }));
  const total = contents.kind === 'pie' ? contents.items.reduce((sum, item) => sum + Math.max(item.value ?? 0, 0), 0) : 0;
  contents.hidden = new Set();
  return make('ul', { class: 'legend' }, ...entries.map((entry, at) => {
    const share = total ? make('em', {}, shortNumber(entry.value)) : '';
    const button = make('button', { type: 'button', 'aria-pressed': 'true', title: entry.label }, swatch(entry.color), make('span', {}, entry.label), share);
    button.addEventListener('click', () => {
      const shown = button.getAttribute('aria-pressed') !== 'true';
      button.setAttribute('aria-pressed', String(shown));
      if (contents.series?.[at]) contents.hidden[shown ? 'delete' : 'add'](contents.series[at]);
      panel.chart.dispatchAction({ type: 'legendToggleSelect', name: entry.name });
    });
    return make('li', {}, button);
  }));
}
