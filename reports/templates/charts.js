// Draws the charts of a page: specification and theme stand in the page, data comes from the page's own script.
(() => {
  "use strict";
  const { specs, configs, labels } = JSON.parse(document.getElementById("chart-specs").textContent);
  const drawn = new Map();
  let printing = false;

  // ast: expressions are interpreted, not compiled, so that the page needs no eval.
  const options = (mode) => ({ actions: false, renderer: "svg", ast: true, config: configs[mode], defaultStyle: false, logLevel: 1,
    tooltip: { theme: "custom", disableDefaultStyle: true } });

  async function draw(element, name, data, label) {
    const spec = structuredClone(specs[name]);
    spec.datasets = { ...(spec.datasets || {}), ...data };
    const kept = { element, name, data, label, view: null };
    const before = drawn.get(element);
    if (before && before.view) before.view.finalize();
    drawn.set(element, kept);
    const { view } = await vegaEmbed(element, spec, options(printing ? "light" : window.pageMode()));
    if (drawn.get(element) !== kept) { view.finalize(); return null; }
    kept.view = view;
    const picture = element.querySelector("svg");
    picture.setAttribute("role", "img");
    picture.setAttribute("aria-label", label || labels[name]);
    return view;
  }

  const drawnMark = document.documentElement.dataset;
  async function redraw() {
    drawnMark.drawn = "no";
    await Promise.all([...drawn.values()].map(async (chart) => {
      const view = await draw(chart.element, chart.name, chart.data, chart.label);
      if (view && chart.element.onredraw) chart.element.onredraw(view);
    }));
    drawnMark.drawn = "yes";
  }
  addEventListener("modechange", redraw);
  addEventListener("beforeprint", () => { printing = true; redraw(); });
  addEventListener("afterprint", () => { printing = false; redraw(); });
  window.drawChart = draw;
  window.chartView = (element) => drawn.get(element)?.view;
})();
