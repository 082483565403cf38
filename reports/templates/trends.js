// The trends page: unpacks the series, draws what the controls say, and reads out the week under the pointer or slider.
(async () => {
  "use strict";
  const $ = (id) => document.getElementById(id);
  const data = JSON.parse($("page-data").textContent);
  const days = (differences) => { let day = 0; return differences.map((step) => (day += step)); };
  const weeks = days(data.weeks), months = days(data.months), quarters = days(data.quarters);
  const DAY = 864e5;

  // The counterpart of reports/packing.py: deflated planes of high and low bytes of 16-bit differences along the last axis.
  async function unpack(packed, length) {
    const bytes = Uint8Array.from(atob(packed), (sign) => sign.charCodeAt(0));
    const planes = new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).arrayBuffer());
    const half = planes.length / 2, codes = new Uint16Array(half);
    for (let i = 0; i < half; i++) codes[i] = ((planes[i] << 8) | planes[half + i]) + (i % length ? codes[i - 1] : 0);
    return codes;
  }
  const [amounts, bands, standings, prices] = await Promise.all([
    unpack(data.amounts, weeks.length), unpack(data.bands, months.length), unpack(data.standings, quarters.length || 1),
    data.prices ? unpack(data.prices, weeks.length) : null,
  ]);
  const amount = (code) => Math.expm1(code / data.amountScale);
  const ratio = (code) => (code ? (code - 1) / data.ratioScale - 1 : null);
  const keys = data.windows.length * data.groups.length;
  const key = (choice, sector) => (sector * data.windows.length + choice.window) * data.groups.length + choice.group;
  const column = (codes, length, place) => codes.subarray(place * length, (place + 1) * length);

  // ── What is chosen ────────────────────────────────────────────────────────────────────────────────────────────────
  const option = (select, value, words) => select.append(Object.assign(document.createElement("option"), { value, textContent: words }));
  data.sectors.forEach(({ name }, i) => option($("sector"), i, name === "All" ? "Whole market" : name));
  data.groups.forEach(({ words }, i) => option($("group"), i, words));
  const segment = (box, name, entries, chosen) => entries.forEach(([value, words]) => {
    const label = document.createElement("label"), input = Object.assign(document.createElement("input"), { type: "radio", name, value, checked: value === chosen });
    label.append(input, Object.assign(document.createElement("span"), { textContent: words }));
    box.append(label);
  });
  segment($("windows"), "window", data.windows.map((window, i) => [i, `${window} days`]), Math.max(0, data.windows.indexOf(data.opens.window)));
  const length = (weeks.at(-1) - weeks[0]) / 365.25;
  const spans = [1, 3, 5, 10].filter((years) => years < length - 0.05);
  segment($("spans"), "span", [...spans.map((years) => [years, `${years}`]), [0, "All"]], spans.includes(5) ? 5 : 0);
  $("sector").value = data.sectors.findIndex(({ name }) => name === data.opens.sector);
  $("group").value = Math.max(0, data.groups.findIndex(({ name }) => name === data.opens.group));

  function chosen() {
    const form = new FormData($("controls"));
    const span = Number(form.get("span"));
    return { sector: Number(form.get("sector")), group: Number(form.get("group")), window: Number(form.get("window")), by: form.get("by"),
      show: form.get("show"), from: span ? weeks.at(-1) - span * 365.25 : weeks[0] };
  }

  // ── Numbers ───────────────────────────────────────────────────────────────────────────────────────────────────────
  const sectors = data.sectors.length, cells = sectors * keys;
  const market = data.sectors.findIndex(({ name }) => name === "All");
  function trades(choice, sector, week) {
    const first = choice.by === "usd" ? 2 : 0, at = (which) => amount(amounts[((first + which) * cells + key(choice, sector)) * weeks.length + week]);
    return { bought: at(0), sold: at(1) };
  }
  const npr = ({ bought, sold }) => (bought + sold > 0 ? (bought - sold) / (bought + sold) : null);
  const shown = (choice, traded) => {
    const { bought, sold } = traded;
    if (choice.show === "npr") return npr(traded);
    // A ratio with nothing below the line is none, and a logarithmic axis has no room for zero.
    return bought > 0 && sold > 0 ? (choice.show === "buy_sell" ? bought / sold : sold / bought) : null;
  };
  // The net purchase ratio is a rising function of both ratios, so the edges of its band are the edges of theirs.
  const edge = (choice, value) => {
    if (value === null || choice.show === "npr") return value;
    const quotient = (1 + value) / (1 - value);
    return quotient > 0 && Number.isFinite(quotient) ? (choice.show === "buy_sell" ? quotient : 1 / quotient) : null;
  };
  const priceAt = (sector, week) => { const price = prices ? amount(prices[sector * weeks.length + week]) : 0; return price > 0 ? price : null; };
  function seriesOf(choice, sector) {
    const rows = [];
    weeks.forEach((day, week) => {
      if (day < choice.from) return;
      rows.push({ day: day * DAY, week, value: shown(choice, trades(choice, sector, week)),
        market: sector === market ? null : shown(choice, trades(choice, market, week)), price: priceAt(sector, week) });
    });
    return rows;
  }
  const bandAt = (choice, sector, month) => {
    const measure = choice.by === "usd" ? 1 : 0, at = (which) => ratio(bands[((measure * 4 + which) * cells + key(choice, sector)) * months.length + month]);
    return { lower: at(0), upper: at(1), average: at(2), percentile: at(3) };
  };
  function bandOf(choice, sector) {
    const rows = [];
    months.forEach((day, month) => {
      const band = bandAt(choice, sector, month);
      if (day < choice.from || band.lower === null) return;
      rows.push({ day: day * DAY, lower: edge(choice, band.lower), upper: edge(choice, band.upper), average: choice.show === "npr" ? band.average : null });
    });
    return rows;
  }
  // The line of as much bought as sold, where what is drawn comes near it.
  function evenOf(choice, series, band) {
    const even = choice.show === "npr" ? 0 : 1, values = [...series.flatMap((row) => [row.value, row.market]), ...band.flatMap((row) => [row.lower, row.upper])].filter((value) => value !== null && value !== undefined);
    return values.some((value) => value >= even) && values.some((value) => value <= even) ? [{ value: even }] : [];
  }
  const latestBand = (choice, sector, day) => { for (let month = months.length - 1; month >= 0; month--) if (months[month] <= day) return bandAt(choice, sector, month); return null; };

  // ── Words ─────────────────────────────────────────────────────────────────────────────────────────────────────────
  const date = (day) => new Date(day * DAY).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
  const minus = (text) => text.replace("-", "−");
  const signed = (value) => (value === null ? "–" : minus((value > 0 ? "+" : "") + value.toFixed(2)));
  const quotient = (value) => (value === null ? "–" : value >= 100 ? Math.round(value).toLocaleString("en") : value.toPrecision(2));
  const usd = (value) => { for (const [size, unit] of [[1e12, "tn"], [1e9, "bn"], [1e6, "m"], [1e3, "k"]]) if (value >= size * 0.99995) return `$${(value / size).toFixed(value / size < 100 ? 1 : 0)}${unit}`; return `$${Math.round(value)}`; };
  const nth = (value) => { const n = Math.round(value * 100), end = n % 100 > 10 && n % 100 < 14 ? "th" : ["th", "st", "nd", "rd"][n % 10] || "th"; return `${n}${end}`; };
  const ratioNames = { npr: "net purchase ratio", buy_sell: "bought ÷ sold", sell_buy: "sold ÷ bought" };
  const nameOf = (sector) => (data.sectors[sector].name === "All" ? "Market" : data.sectors[sector].name);

  function readOut(choice, week) {
    const traded = trades(choice, choice.sector, week), value = shown(choice, traded), text = choice.show === "npr" ? signed : quotient;
    const told = choice.by === "usd" ? `${usd(traded.bought)} bought, ${usd(traded.sold)} sold` : `${Math.round(traded.bought).toLocaleString("en")} purchases, ${Math.round(traded.sold).toLocaleString("en")} sales`;
    const parts = [`${date(weeks[week])} · ${nameOf(choice.sector)}: ${ratioNames[choice.show]} ${text(value)} (${told})`];
    const band = latestBand(choice, choice.sector, weeks[week]);
    if (band && band.lower !== null) {
      const edges = [edge(choice, band.lower), edge(choice, band.upper)].sort((a, b) => a - b);
      parts.push(`middle half of its five years ${text(edges[0])} to ${text(edges[1])}`);
    }
    if (choice.sector !== market) parts.push(`market ${text(shown(choice, trades(choice, market, week)))}`);
    const price = priceAt(choice.sector, week);
    if (price !== null) parts.push(`${data.sectors[choice.sector].etf} $${price.toFixed(2)}`);
    $("readout").textContent = parts.join(" · ");
    $("week").setAttribute("aria-valuetext", date(weeks[week]));
  }

  // ── Charts ────────────────────────────────────────────────────────────────────────────────────────────────────────
  let choice = chosen(), cursor = weeks.length - 1;
  const cursorRow = () => [{ day: weeks[cursor] * DAY, value: shown(choice, trades(choice, choice.sector, cursor)), price: priceAt(choice.sector, cursor) }];
  function pointAt(week) {
    cursor = Math.min(Math.max(week, Number($("week").min)), weeks.length - 1);
    $("week").value = cursor;
    for (const id of ["chart-ratio", "chart-price"]) {
      const view = $(id) && chartView($(id));
      if (view) view.data("cursor", cursorRow()).run();
    }
    readOut(choice, cursor);
  }
  function followPointer(element, view) {
    view.addEventListener("pointermove", (event) => {
      const box = element.querySelector("svg").getBoundingClientRect();
      const day = view.scale("x").invert(event.clientX - box.left - view.padding().left - view.origin()[0]) / DAY;
      let nearest = cursor;
      for (let week = Number($("week").min), best = Infinity; week < weeks.length; week++) { const gap = Math.abs(weeks[week] - day); if (gap < best) { best = gap; nearest = week; } }
      if (nearest !== cursor) pointAt(nearest);
    });
  }
  async function drawInto(id, name, rows, label) {
    const element = $(id);
    element.onredraw = (view) => { followPointer(element, view); pointAt(cursor); };
    const view = await drawChart(element, name, rows, label);
    if (view) followPointer(element, view);
  }

  async function drawExplorer() {
    const first = weeks.findIndex((day) => day >= choice.from);
    $("week").min = first; $("week").max = weeks.length - 1;
    const series = seriesOf(choice, choice.sector), band = bandOf(choice, choice.sector), name = nameOf(choice.sector);
    $("key-sector").textContent = name;
    $("key-market").hidden = choice.sector === market;
    $("key-band").hidden = !band.length;
    $("key-mean").hidden = !band.length || choice.show !== "npr";
    const rows = { series, band, even: evenOf(choice, series, band), cursor: cursorRow() };
    const drawing = [drawInto("chart-ratio", choice.show === "npr" ? "npr" : "quotient", rows, `${name}: ${ratioNames[choice.show]}, ${date(series[0].day / DAY)} to ${date(weeks.at(-1))}. The week slider below reads it out.`)];
    const empty = series.every((row) => row.value === null);
    $("band-words").textContent = empty ? `No trade of this kind by these insiders in ${name} is known in these years.` : band.length ? "" : "No band: it needs 36 month-ends of history, and there are fewer.";
    $("band-words").hidden = !empty && band.length > 0;
    if (prices) {
      const has = series.some((row) => row.price !== null);
      $("price-name").textContent = data.sectors[choice.sector].etf || "–";
      $("price-words").textContent = has ? "" : "No price of this fund is loaded for these years.";
      $("price-words").hidden = has;
      $("chart-price").hidden = !has;
      if (has) drawing.push(drawInto("chart-price", "price", rows, `Price of ${data.sectors[choice.sector].etf}`));
    }
    await Promise.all(drawing);
    pointAt(Math.max(cursor, first));
  }

  const cards = data.sectors.map(({ name, short }, sector) => {
    if (sector === market) return null;
    const card = document.createElement("div"), header = document.createElement("header"), button = Object.assign(document.createElement("button"), { type: "button", textContent: short, title: `Show ${name} above`, ariaLabel: `Show ${name} above` });
    const words = document.createElement("span"), chart = Object.assign(document.createElement("div"), { className: "chart" });
    card.className = "multiple";
    button.addEventListener("click", () => pick(sector));
    header.append(button, words);
    card.append(header, chart);
    $("smalls").append(card);
    return { card, words, chart };
  });
  async function drawSmalls() {
    const plain = { ...choice, show: "npr" };
    $("multiples-words").textContent = `Net purchase ratio by ${choice.by === "usd" ? "dollars" : "trades"}, ${data.groups[choice.group].words.toLowerCase()}, ${data.windows[choice.window]} days. The shaded band is the middle half of the 60 month-ends before; choose a sector to see it large.`;
    await Promise.all(cards.map((kept, sector) => {
      if (!kept) return null;
      const series = seriesOf(plain, sector), last = series.findLast((row) => row.value !== null);
      const band = latestBand(plain, sector, weeks.at(-1));
      kept.card.classList.toggle("chosen", sector === choice.sector);
      kept.words.textContent = `${signed(series.at(-1).value)}${band && band.percentile !== null ? ` · ${nth(band.percentile)}` : ""}`;
      kept.words.title = band && band.percentile !== null ? "Newest value, and its percentile in the five years before" : "Newest value";
      const drawn = series.map(({ day, value }) => ({ day, value })), shaded = bandOf(plain, sector);
      return drawChart(kept.chart, "small", { series: drawn, band: shaded, even: evenOf(plain, drawn, shaded), cursor: last ? [last] : [] },
        `${nameOf(sector)}: newest net purchase ratio ${signed(series.at(-1).value)}`);
    }));
  }

  const quarterName = (day) => { const at = new Date(day * DAY); return `${at.getUTCFullYear()} Q${Math.floor(at.getUTCMonth() / 3) + 1}`; };
  const marks = ["▲", "", "▼", ""];
  async function drawTiers() {
    const measure = choice.by === "usd" ? 1 : 0, rows = [];
    data.sectors.forEach(({ name, short }, sector) => {
      if (sector === market) return;
      quarters.forEach((day, quarter) => {
        if (day < choice.from) return;
        const at = (which) => ratio(standings[((measure * 2 + which) * cells + key(choice, sector)) * quarters.length + quarter]);
        const tier = at(0) === null ? 3 : Math.round(at(0) * 10), percentile = at(1);
        rows.push({ sector: name, short, quarter: quarterName(day), tier: data.tiers[tier], mark: marks[tier], percentile: tier === 3 || percentile === null ? "–" : nth(percentile) });
      });
    });
    $("tiers-words").textContent = rows.length
      ? `By ${choice.by === "usd" ? "dollars" : "trades"}, ${data.groups[choice.group].words.toLowerCase()}, ${data.windows[choice.window]} days: each quarter end against the sector's own five years before it.`
      : "No quarter end lies in the years shown.";
    $("chart-tiers").hidden = !rows.length;
    const table = $("tiers-table"), names = [...new Set(rows.map((row) => row.quarter))];
    const cell = (kind, text) => Object.assign(document.createElement(kind), { textContent: text, scope: kind === "th" ? "col" : "" });
    const head = document.createElement("tr");
    head.append(cell("th", "Sector"), ...names.map((name) => cell("th", name)));
    table.replaceChildren(head, ...data.sectors.filter(({ name }) => name !== "All").map(({ name }) => {
      const line = document.createElement("tr");
      line.append(cell("td", name), ...rows.filter((row) => row.sector === name).map((row) => cell("td", row.tier === "Insufficient history" ? "–" : `${row.tier} ${row.percentile}`)));
      return line;
    }));
    if (rows.length) await drawChart($("chart-tiers"), "tiers", { tiers: rows }, `Tiers of eleven sectors, ${names[0]} to ${names.at(-1)}; the table below holds the same.`);
  }

  function filterClusters() {
    if (!$("cluster-table")) return;
    const name = data.sectors[choice.sector].name, high = $("only-high").checked;
    let count = 0;
    for (const row of $("cluster-table").tBodies[0].rows) {
      row.hidden = (choice.sector !== market && row.dataset.sector !== name) || (high && row.dataset.high !== "yes");
      if (!row.hidden) count += 1;
    }
    $("cluster-count").textContent = `${count} shown${choice.sector === market ? "" : ` in ${name}`}`;
  }

  function pick(sector) {
    $("sector").value = sector;
    $("explore").scrollIntoView({ block: "start" });
    $("sector").focus({ preventScroll: true });
    update();
  }
  let updating = Promise.resolve();
  function update() {
    choice = chosen();
    filterClusters();
    document.documentElement.dataset.drawn = "no";
    updating = updating.then(() => Promise.all([drawExplorer(), drawSmalls(), drawTiers()])).then(() => { document.documentElement.dataset.drawn = "yes"; });
    return updating;
  }
  $("controls").addEventListener("change", update);
  $("controls").addEventListener("submit", (event) => event.preventDefault());
  $("week").addEventListener("input", () => pointAt(Number($("week").value)));
  if ($("only-high")) $("only-high").addEventListener("change", filterClusters);
  document.querySelectorAll(".pick").forEach((button) => button.addEventListener("click", () => pick(data.sectors.findIndex(({ name }) => name === button.dataset.sector))));
  if ($("chart-coverage")) await drawChart($("chart-coverage"), "coverage", {});
  await update();
})();
