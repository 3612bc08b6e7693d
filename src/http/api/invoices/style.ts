/** The style of a printable invoice: the reader's colours on a screen, black on white on paper. */
export const STYLE = `
:root { color-scheme: light dark;
  --ground: light-dark(#fbfaf8, #16181d); --paper: light-dark(#fff, #1d2027); --ink: light-dark(#1c1e21, #e6e6e3);
  --dim: light-dark(#62666d, #9a9fa8); --line: light-dark(#e3e0da, #31353e); }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 60rem; margin: 2rem auto; padding: 2.5rem; background: var(--paper); border: 1px solid var(--line); border-radius: .6rem; }
h1 { margin: 0 0 1.2rem; font-size: 1.7rem; letter-spacing: -.01em; }
dl { display: flex; flex-wrap: wrap; gap: .8rem 2.5rem; margin: 0 0 1.5rem; }
dt { font-size: .78rem; color: var(--dim); text-transform: uppercase; letter-spacing: .05em; }
dd { margin: 0; overflow-wrap: anywhere; }
small, .note { color: var(--dim); font-size: .85rem; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .45rem .9rem .45rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
th:last-child, td:last-child { padding-right: 0; }
thead th { font-size: .78rem; color: var(--dim); text-transform: uppercase; letter-spacing: .05em; }
.number { text-align: right; white-space: nowrap; }
tfoot th { text-align: right; font-weight: 500; }
tfoot .total th, tfoot .total td { font-weight: 700; border-bottom: 0; }
td { overflow-wrap: anywhere; }
@media screen and (max-width: 44rem) { main { margin: 0; padding: 1.2rem; border: 0; border-radius: 0; }
  /* A line is a paragraph, its amount at the end: nothing lies outside the screen. */
  thead { display: none; } tbody, tfoot { display: block; }
  tr { display: flow-root; padding: .5rem 0; border-bottom: 1px solid var(--line); }
  td, th, tfoot .total th, tfoot .total td { display: inline; padding: 0; border: 0; }
  td + td:not(.number)::before { content: ' · '; } .number + td:not(.number)::before { content: ' '; }
  td + td.number:not(:last-child)::before { content: '\\A'; white-space: pre; }
  td.price.number:not(:last-child)::before { content: ' × '; } tr > :last-child { float: right; } }
@media print { :root { color-scheme: light; } @page { margin: 18mm; } body { background: #fff; font-size: 10pt; }
  main { max-width: none; margin: 0; padding: 0; border: 0; }
  thead { display: table-header-group; } tr { break-inside: avoid; } }
`;
