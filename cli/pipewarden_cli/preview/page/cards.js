// Cards without a graph: text, tables, alarm tiles and notes.

const STATES = { ALARM: 'In alarm', OK: 'OK', INSUFFICIENT_DATA: 'Insufficient data', MISSING: 'Does not exist' };

function textCard(contents) {
  const card = make('div', { class: 'markdown' });
  // Made by the renderer from Markdown with HTML switched off; nothing else is ever set as HTML.
  card.innerHTML = contents.html;
  return card;
}

function tableCard(contents) {
  if (!contents.rows.length) return make('p', { class: 'none' }, contents.empty || 'No data in the chosen time.');
  const numeric = new Set(contents.numeric);
  const head = make('tr', {}, ...contents.columns.map((name, at) => make('th', { scope: 'col', class: numeric.has(at) ? 'right' : null }, name)));
  const rows = contents.rows.map((row, number) => make('tr', {}, ...row.map((text, at) => {
    const mark = at === 0 && contents.colors[number] ? swatch(contents.colors[number]) : '';
    const kind = numeric.has(at) ? 'right' : /time|bin\(/i.test(contents.columns[at]) ? 'when' : null;
    return make('td', { class: kind }, mark, text);
  })));
  const table = make('table', {}, make('thead', {}, head), make('tbody', {}, ...rows));
  return make('div', { class: 'scroll', tabindex: '0' }, table);
}

function alarmCard(contents) {
  const tiles = contents.tiles.map((tile) => {
    const words = STATES[tile.state] || tile.state;
    return make('li', { class: `tile ${tile.state.toLowerCase()}`, title: [tile.name, words, tile.at && `since ${tile.at}`, tile.reason].filter(Boolean).join('\n') },
      alarmName(tile.name),
      make('span', {}, words, tile.since ? ` · ${tile.since}` : ''));
  });
  return make('div', { class: 'scroll', tabindex: '0' }, make('ul', { class: 'tiles' }, ...tiles));
}

// The end of a name tells alarms apart, what comes before the last slash groups them.
function alarmName(name) {
  const cut = name.lastIndexOf('/') + 1;
  return make('b', {}, cut ? make('small', {}, name.slice(0, cut)) : '', name.slice(cut));
}

function noteCard(contents) {
  return make('div', { class: `note ${contents.tone}` },
    make('b', {}, contents.heading),
    ...contents.sentences.map((sentence) => make('p', {}, sentence)));
}
