/// Draws the plots of a report out of the JSON in the page. What was computed stands there; here it only gets a look.
"use strict";
(() => {
  const { charts } = JSON.parse(document.getElementById("plots-json").textContent);
  const height = 260;
  const dashes = [[], [7, 4], [2, 3], [10, 4, 2, 4]];
  const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  /// light-dark() is resolved where a property uses it, not where it is declared.
  const resolved = (() => {
    const probe = document.body.appendChild(document.createElement("span"));
    probe.hidden = true;
    return (name) => {
      probe.style.color = style(name);
      return getComputedStyle(probe).color;
    };
  })();

  const short = (v) => {
    if (v === 0) return "0";
    const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(v))));
    return String(Number(v.toFixed(Math.min(digits, 6))));
  };
  const scaled = (v, steps) => {
    const [size, unit] = steps.find(([least]) => Math.abs(v) >= least) ?? steps.at(-1);
    return short(v / size) + unit;
  };
  const units = {
    us: (v) => scaled(v, [[1e6, " s"], [1e3, " ms"], [1, " µs"]]),
    per_s: (v) => scaled(v, [[1e6, "M"], [1e3, "k"], [1, ""]]) + "/s",
    cores: (v) => short(v),
    bytes: (v) => scaled(v, [[1e9, " GB"], [1e6, " MB"], [1e3, " kB"], [1, " B"]]),
  };
  const time = (v) => `${short(v)} s`;
  const percent = (x) => {
    const nines = Math.max(0, Math.ceil(Math.log10(x) - 2));
    return `${Number((100 * (1 - 1 / x)).toFixed(Math.min(nines + 1, 8)))} %`;
  };

  /// Lines of several runs have points of their own: what the cursor tells of a line is its value at the nearest one.
  const nearest = (u, series, index) => {
    const values = u.data[series];
    for (let away = 0; away < values.length; ++away)
      for (const at of [index - away, index + away]) if (values[at] != null) return at;
    return index;
  };

  const options = (chart, width, is_log) => {
    const is_percentile = chart.x === "percentile";
    const ink = resolved("--ink-soft"), grid = { stroke: resolved("--line"), width: 1 };
    const axis = { stroke: ink, grid, ticks: grid };
    const y = units[chart.y], x = is_percentile ? percent : time;
    const powers = (u, n, min, max) => {
      const all = [];
      for (let v = 1; v <= max * 1.001; v *= 10) all.push(v);
      return all;
    };
    const told = (format) => (u, v) => (v == null ? "-" : format(v));
    const told_at_cursor = (format) => (u, v, series, index) => (index == null || v == null ? "-" : format(v));
    return {
      width,
      height,
      scales: {
        x: is_percentile ? { time: false, distr: 3 } : { time: false },
        y: is_log ? { distr: 3 } : { range: (u, min, max) => [0, Math.max(max * 1.06, 1e-6)] },
      },
      axes: [
        { ...axis, space: 46, values: (u, splits) => splits.map((v) => (v == null ? "" : x(v))), ...(is_percentile ? { splits: powers } : {}) },
        { ...axis, size: 66, values: (u, splits) => splits.map((v) => (v == null ? "" : y(v))) },
      ],
      series: [
        { label: is_percentile ? "percentile" : "time", value: told(x) },
        ...chart.lines.map(({ label, colour, dash }) => ({
          label,
          stroke: resolved(`--line-${colour % 6}`),
          width: 1.75,
          dash: dashes[dash % dashes.length],
          points: { fill: resolved("--paper") },
          value: told_at_cursor(y),
        })),
      ],
      cursor: { dataIdx: nearest, drag: { x: true, y: false } },
      legend: { live: true, markers: { dash: (u, series) => (chart.lines[series - 1]?.dash > 0 ? "dashed" : "solid") } },
    };
  };

  const drawn = charts.map((chart) => {
    const group = document.querySelector(`[data-group="${chart.group}"]`) ?? new_group(chart.group);
    const figure = group.appendChild(document.createElement("figure"));
    const caption = figure.appendChild(document.createElement("figcaption"));
    caption.appendChild(document.createElement("span")).textContent = chart.title;
    const place = figure.appendChild(document.createElement("div"));
    const data = uPlot.join(chart.lines.map(({ x, y }) => [x, y]));
    let plot = null, is_log = false;
    const draw = () => {
      plot?.destroy();
      const [x, ...lines] = data; // a logarithm has no 0
      const shown = is_log ? [x, ...lines.map((line) => line.map((v) => (v === 0 ? null : v)))] : data;
      plot = new uPlot(options(chart, place.clientWidth, is_log), shown, place);
      figure.dataset.drawn = "yes";
    };
    const fit = () => {
      const width = place.clientWidth;
      if (plot && width > 0 && plot.width !== width) plot.setSize({ width, height });
    };
    if (chart.x === "percentile") {
      const button = caption.appendChild(document.createElement("button"));
      const name = () => (button.textContent = is_log ? "linear latency" : "logarithmic latency");
      button.type = "button";
      button.addEventListener("click", () => {
        is_log = !is_log;
        name();
        draw();
      });
      name();
    }
    draw();
    new ResizeObserver(fit).observe(place);
    return draw;
  });

  function new_group(name) {
    const section = document.getElementById("plots");
    section.appendChild(document.createElement("h2")).textContent = name;
    const group = section.appendChild(document.createElement("div"));
    group.className = "charts";
    group.dataset.group = name;
    return group;
  }

  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawn.forEach((draw) => draw()));
})();
