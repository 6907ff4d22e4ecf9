"use strict";
(() => {
  const collator = new Intl.Collator("en", { numeric: true });

  const rowsOf = (table) => [...table.tBodies[0].rows];

  function valueOf(row, column, kind) {
    const cell = row.cells[column];
    const value = cell.dataset.v ?? cell.textContent.trim();
    return kind === "text" ? value : Number.parseFloat(value);
  }

  function sort(table, head) {
    const kind = head.dataset.sort;
    const before = head.getAttribute("aria-sort");
    const first = kind === "text" ? "ascending" : "descending";
    const other = first === "descending" ? "ascending" : "descending";
    const order = before === first ? other : first;
    for (const each of head.parentNode.cells) each.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", order);
    const sign = order === "ascending" ? 1 : -1;
    const column = head.cellIndex;
    const keyed = rowsOf(table).map((row) => [valueOf(row, column, kind), row]);
    keyed.sort(([a], [b]) => sign * (kind === "text" ? collator.compare(a, b) : a - b));
    table.tBodies[0].append(...keyed.map(([, row]) => row));
  }

  function makeSortable(table) {
    for (const head of table.tHead.rows[0].cells) {
      if (!head.dataset.sort) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      button.addEventListener("click", () => sort(table, head));
      head.append(button);
    }
  }

  function makeFilter(box) {
    const table = document.getElementById(box.dataset.for);
    const count = document.querySelector(`[data-count="${table.id}"]`);
    const noun = table.id === "hosts-table" ? "hosts" : "findings";
    const input = box.querySelector("input");
    const selects = [...box.querySelectorAll("select")];
    const words = new Map();
    const open = box.querySelector('[data-do="open"]');
    const textOf = (row) => {
      if (!words.has(row)) words.set(row, row.textContent.toLowerCase());
      return words.get(row);
    };

    function apply() {
      const wanted = input.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
      const rows = rowsOf(table);
      let shown = 0;
      for (const row of rows) {
        const fits =
          selects.every((one) => !one.value || row.dataset[one.name].split(" ").includes(one.value)) &&
          wanted.every((word) => textOf(row).includes(word));
        row.hidden = !fits;
        shown += fits;
      }
      count.textContent = shown === rows.length ? `${shown} ${noun}` : `${shown} of ${rows.length} ${noun}`;
    }

    function clear() {
      input.value = "";
      for (const one of selects) one.value = "";
      apply();
    }

    function openAll() {
      const folded = rowsOf(table).filter((row) => !row.hidden).flatMap((row) => [...row.querySelectorAll("details")]);
      const opening = folded.some((one) => !one.open);
      for (const one of folded) one.open = opening;
      open.textContent = opening ? "Close all evidence" : "Open all evidence";
    }

    input.addEventListener("input", apply);
    for (const one of selects) one.addEventListener("change", apply);
    box.querySelector('[data-do="clear"]').addEventListener("click", clear);
    open?.addEventListener("click", openAll);
    box.hidden = false;
    return { box, clear, apply };
  }

  // A figure of the first screen leads to the findings it counts.
  function followFigures(filter) {
    for (const link of document.querySelectorAll("a[data-filter]")) {
      link.addEventListener("click", () => {
        filter.clear();
        filter.box.querySelector(`select[name="${link.dataset.filter}"]`).value = link.dataset.value;
        if (link.dataset.filter === "severity") filter.box.querySelector('select[name="change"]').value = "there";
        filter.apply();
      });
    }
  }

  function openTarget() {
    const target = location.hash ? document.getElementById(location.hash.slice(1)) : null;
    if (target instanceof HTMLDetailsElement) target.open = true;
  }

  document.querySelectorAll("table.sortable").forEach(makeSortable);
  const filters = [...document.querySelectorAll(".filter")].map(makeFilter);
  const findings = filters.find((each) => each.box.dataset.for === "findings-table");
  if (findings) followFigures(findings);
  addEventListener("hashchange", openTarget);
  openTarget();
})();
