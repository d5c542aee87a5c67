// Graphs: contents of the kinds lines, bar and pie become ECharts options.

function lineOption(contents) {
  const theme = look();
  const stepMs = contents.step * 1000;
  const series = contents.bands.flatMap((band) => bandSeries(band, contents, stepMs));
  series.push(...contents.series.map((line, at) => lineSeries(line, at, contents, stepMs)));
  series.push(...contents.axes.map((_, axis) => markSeries(contents, axis, theme)));
  return {
    ...baseOption(theme),
    grid: gridOption(contents),
    legend: { show: false, data: legendEntries(contents).map((entry) => entry.name) },
    tooltip: { ...baseOption(theme).tooltip, trigger: 'axis', formatter: (hit) => lineTooltip(contents, hit, stepMs) },
    xAxis: timeAxis(contents, theme),
    yAxis: contents.axes.map((axis, at) => valueAxis(axis, at, theme, contents.series.filter((line) => line.axis === at))),
    series,
  };
}

function baseOption(theme) {
  return {
    animation: false,
    useUTC: true,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: theme.ink },
    tooltip: {
      confine: true,
      backgroundColor: theme.paper,
      borderColor: theme.axis,
      padding: [8, 10],
      textStyle: { color: theme.ink, fontSize: 12 },
      axisPointer: { type: 'line', lineStyle: { color: theme.pointer, type: 'solid' } },
    },
  };
}

function gridOption(contents) {
  const named = contents.axes.some((axis) => axis.label);
  return { left: 10, right: 14, top: named ? 26 : 12, bottom: 8, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' };
}

// The name by which the legend switches a line on and off; labels alone may repeat.
function seriesName(kind, at, label) {
  return `${kind}${at}:${label}`;
}

function legendEntries(contents) {
  const bands = contents.bands.map((band, at) => ({ name: seriesName('b', at, band.label), label: band.label, color: band.color }));
  const lines = contents.series.map((line, at) => ({ name: seriesName('l', at, line.label), label: line.label, color: line.color }));
  return [...lines, ...bands];
}

function lineSeries(line, at, contents, stepMs) {
  const color = visible(line.color);
  const values = line.values;
  // A line needs two points in a row: what happens now and then (a run a night) is drawn as dots.
  const seldom = values.filter((value) => value !== null).length < values.length * 0.4;
  const data = values.map((value, index) => {
    const point = [contents.start * 1000 + index * stepMs, value];
    const alone = (values[index - 1] ?? null) === null && (values[index + 1] ?? null) === null;
    const dot = value !== null && (alone || seldom) && !(contents.stacked && value === 0);
    return { value: point, symbol: dot ? 'circle' : 'none', symbolSize: 6 };
  });
  return {
    type: 'line', name: seriesName('l', at, line.label), yAxisIndex: line.axis, data, color,
    showAllSymbol: true, connectNulls: false, emphasis: { disabled: true }, z: 3,
    lineStyle: { width: contents.stacked ? 0 : 1.6, color },
    ...(contents.stacked ? { stack: `axis${line.axis}`, areaStyle: { color, opacity: isDark() ? 0.55 : 0.6 } } : {}),
  };
}

function bandSeries(band, contents, stepMs) {
  const color = visible(band.color);
  const name = seriesName('b', contents.bands.indexOf(band), band.label);
  const at = (index) => contents.start * 1000 + index * stepMs;
  const common = { type: 'line', name, yAxisIndex: band.axis, symbol: 'none', silent: true, stack: name, stackStrategy: 'all', z: 1 };
  const height = band.upper.map((upper, index) => [at(index), upper === null ? null : upper - band.values[index]]);
  return [
    { ...common, data: band.values.map((value, index) => [at(index), value]), lineStyle: { opacity: 0 } },
    { ...common, data: height, color, lineStyle: { opacity: 0 }, areaStyle: { color, opacity: isDark() ? 0.32 : 0.26 } },
  ];
}

// An unseen line that stretches the axis to the annotations, and carries them.
function markSeries(contents, axis, theme) {
  const marks = mergedMarks(contents.marks.filter((mark) => mark.axis === axis));
  const spans = axis === 0 ? contents.spans : [];
  const from = contents.start * 1000;
  const values = marks.flatMap((mark) => [mark.value, mark.to]).filter((value) => value !== null);
  return {
    type: 'line', name: `marks${axis}`, yAxisIndex: axis, silent: true, symbol: 'none', z: 4, tooltip: { show: false },
    data: [[from, null], ...values.map((value) => [from, value]), [contents.end * 1000, null]], lineStyle: { opacity: 0 },
    markLine: {
      silent: true, symbol: 'none', animation: false,
      data: [...marks.flatMap((mark, at) => markLines(mark, at, theme)), ...spans.flatMap((span) => spanLines(span, theme))],
    },
    markArea: {
      silent: true, animation: false,
      data: [...marks.flatMap(markArea), ...spans.flatMap((span) => spanArea(span))],
    },
  };
}

// Alarms with the same threshold share one line.
function mergedMarks(marks) {
  const merged = [];
  for (const mark of marks) {
    const same = merged.find((other) => other.value === mark.value && other.to === mark.to && other.color === mark.color);
    if (same) same.label = [same.label, mark.label].filter(Boolean).join(', ');
    else merged.push({ ...mark });
  }
  return merged;
}

function markLines(mark, at, theme) {
  const color = visible(mark.color);
  const ends = [mark.value, ...(mark.to === null ? [] : [mark.to])];
  return ends.map((value, index) => ({
    yAxis: value,
    lineStyle: { color, type: 'dashed', width: 1.2 },
    label: {
      show: index === 0 && Boolean(mark.label), formatter: () => mark.label, color: theme.soft, fontSize: 11,
      position: at % 2 ? 'insideStartTop' : 'insideEndTop', textBorderColor: theme.paper, textBorderWidth: 3,
      width: 320, overflow: 'truncate',
    },
  }));
}

function markArea(mark) {
  const style = { itemStyle: { color: visible(mark.color), opacity: 0.1 } };
  if (mark.to !== null) return [[{ yAxis: mark.value, ...style }, { yAxis: mark.to }]];
  if (mark.fill === 'above') return [[{ yAxis: mark.value, ...style }, { yAxis: Infinity }]];
  return mark.fill === 'below' ? [[{ yAxis: -Infinity, ...style }, { yAxis: mark.value }]] : [];
}

function spanLines(span, theme) {
  const color = visible(span.color);
  return [span.from, ...(span.to === null ? [] : [span.to])].map((value, index) => ({
    xAxis: value * 1000,
    lineStyle: { color, type: 'dashed', width: 1.2 },
    label: {
      show: index === 0 && Boolean(span.label), formatter: () => span.label, color: theme.soft, fontSize: 11,
      rotate: 0, position: 'insideEndTop', distance: [4, 4], textBorderColor: theme.paper, textBorderWidth: 3,
    },
  }));
}

function spanArea(span) {
  const style = { itemStyle: { color: visible(span.color), opacity: 0.14 } };
  if (span.to !== null) return [[{ xAxis: span.from * 1000, ...style }, { xAxis: span.to * 1000 }]];
  if (span.fill === 'after') return [[{ xAxis: span.from * 1000, ...style }, { xAxis: Infinity }]];
  return span.fill === 'before' ? [[{ xAxis: -Infinity, ...style }, { xAxis: span.from * 1000 }]] : [];
}

function timeAxis(contents, theme) {
  const day = '{MM}-{dd}';
  return {
    type: 'time', min: contents.start * 1000, max: contents.end * 1000, splitNumber: 6,
    // Over several days midnights say more than hours whose day one must guess.
    minInterval: contents.end - contents.start > 2 * 86400 ? 86400000 : undefined,
    axisLine: { lineStyle: { color: theme.axis } }, axisTick: { lineStyle: { color: theme.axis } }, splitLine: { show: false },
    axisLabel: {
      color: theme.soft, fontSize: 11, hideOverlap: true,
      formatter: { year: '{yyyy}', month: '{yyyy}-{MM}', day, hour: '{HH}:{mm}', minute: '{HH}:{mm}', second: '{HH}:{mm}:{ss}' },
    },
  };
}

function hasValues(lines) {
  return lines.some((line) => line.values.some((value) => value !== null));
}

function valueAxis(axis, at, theme, lines) {
  const counted = lines.every((line) => line.values.every((value) => Number.isInteger(value ?? 0)));
  return {
    minInterval: counted ? 1 : undefined, boundaryGap: [0, '6%'],
    type: 'value', position: at ? 'right' : 'left', min: axis.min ?? undefined, max: axis.max ?? undefined,
    scale: axis.min === null, splitNumber: axis.max !== null && axis.max % 5 === 0 ? 5 : 4, interval: axis.min !== null && axis.max !== null ? (axis.max - axis.min) / 4 : undefined, name: at && !hasValues(lines) ? '' : axis.label, nameLocation: 'end', nameGap: 10,
    nameTextStyle: { color: theme.soft, fontSize: 11, align: at ? 'right' : 'left', padding: at ? [0, -24, 0, 0] : [0, 0, 0, -24] },
    axisLabel: { color: theme.soft, fontSize: 11, formatter: shortNumber },
    axisLine: { show: false }, axisTick: { show: false },
    splitLine: { show: at === 0, lineStyle: { color: theme.rule } },
  };
}

function lineTooltip(contents, hit, stepMs) {
  const at = (Array.isArray(hit) ? hit[0] : hit).axisValue;
  const index = Math.round((at - contents.start * 1000) / stepMs);
  const rows = contents.series
    .filter((line) => !contents.hidden?.has(line))
    .map((line) => ({ label: line.label, color: line.color, value: line.values[index] ?? null }))
    .filter((row) => row.value !== null)
    .sort((a, b) => b.value - a.value)
    .slice(0, 20)
    .map((row) => tooltipRow(row.label, row.color, shortNumber(row.value)));
  for (const band of contents.bands) {
    if ((band.upper[index] ?? null) === null) continue;
    rows.push(tooltipRow(band.label, band.color, `${shortNumber(band.values[index])} – ${shortNumber(band.upper[index])}`));
  }
  const time = moment(contents.start * 1000 + index * stepMs);
  return `<div class="tip"><b>${time} UTC</b>${rows.join('') || '<p>no data</p>'}</div>`;
}

function tooltipRow(label, color, value) {
  return `<p><i style="background:${visible(color)}"></i><span>${escapeHtml(label)}</span><b>${value}</b></p>`;
}

function barOption(contents) {
  const theme = look();
  const lying = contents.items.length > 8 || contents.items.some((item) => item.label.length > 12);
  const names = {
    type: 'category', data: contents.items.map((item) => item.label), inverse: lying,
    axisLabel: { color: theme.ink, fontSize: 11, width: lying ? 150 : 90, overflow: 'truncate', interval: 0 },
    axisLine: { lineStyle: { color: theme.axis } }, axisTick: { show: false },
  };
  const values = {
    type: 'value', splitNumber: 4, boundaryGap: [0, '10%'], minInterval: contents.items.every((item) => Number.isInteger(item.value ?? 0)) ? 1 : undefined,
    name: lying ? '' : contents.unit, nameTextStyle: { color: theme.soft, fontSize: 11, align: 'left' },
    axisLabel: { color: theme.soft, fontSize: 11, formatter: shortNumber, hideOverlap: true }, splitLine: { lineStyle: { color: theme.rule } },
  };
  return {
    ...baseOption(theme),
    grid: { left: 10, right: lying ? 44 : 14, top: lying || !contents.unit ? 16 : 30, bottom: 8, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
    tooltip: { ...baseOption(theme).tooltip, trigger: 'item', formatter: (hit) => itemTooltip(hit, contents.items) },
    xAxis: lying ? values : names,
    yAxis: lying ? names : values,
    series: [{
      type: 'bar', barMaxWidth: 44, barCategoryGap: '30%',
      data: contents.items.map((item) => ({ value: item.value, itemStyle: { color: visible(item.color) } })),
      label: {
        show: true, position: lying ? 'right' : 'top', color: theme.ink, fontSize: 11,
        formatter: (hit) => shortNumber(contents.items[hit.dataIndex].value),
      },
    }],
  };
}

function pieOption(contents) {
  const theme = look();
  return {
    ...baseOption(theme),
    legend: { show: false },
    tooltip: { ...baseOption(theme).tooltip, trigger: 'item', formatter: (hit) => itemTooltip(hit, contents.items) },
    series: [{
      type: 'pie', radius: ['0%', '88%'], center: ['50%', '50%'],
      data: contents.items.map((item, at) => ({
        name: seriesName('l', at, item.label), value: Math.max(item.value ?? 0, 0), itemStyle: { color: visible(item.color) },
      })),
      itemStyle: { borderColor: theme.paper, borderWidth: 1.5 },
      label: { show: true, position: 'inside', formatter: (hit) => (hit.percent >= 6 ? `${Math.round(hit.percent)}%` : ''), color: '#fff', fontWeight: 600, textBorderColor: 'rgba(0,0,0,.45)', textBorderWidth: 2 },
      labelLine: { show: false },
    }],
  };
}

function itemTooltip(hit, items) {
  const item = items[hit.dataIndex];
  const share = hit.percent === undefined ? '' : ` (${hit.percent}%)`;
  return `<div class="tip">${tooltipRow(item.label, item.color, shortNumber(item.value) + share)}</div>`;
}
