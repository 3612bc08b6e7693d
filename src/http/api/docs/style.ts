/** The style of the reference page. Light and dark by the reader's setting; one column on small screens. */
export const STYLE = `
:root { color-scheme: light dark;
  --ground: light-dark(#fbfaf8, #16181d); --panel: light-dark(#fff, #1d2027); --ink: light-dark(#1c1e21, #e6e6e3);
  --dim: light-dark(#62666d, #9a9fa8); --line: light-dark(#e3e0da, #31353e); --accent: light-dark(#0b5c5e, #6fc9c4);
  --get: light-dark(#1d5fa8, #7fb6f0); --put: light-dark(#8a5a00, #e0b35c); --post: light-dark(#1f7a3d, #7fce96);
  --delete: light-dark(#a32626, #f08a8a); }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
.page { display: grid; grid-template-columns: 15rem minmax(0, 46rem); gap: 3rem; max-width: 72rem; margin: 0 auto; padding: 2rem 1.5rem 6rem; }
header { grid-column: 1 / -1; max-width: 46rem; }
.error { display: inline-block; margin-right: 1.2rem; }
nav { position: sticky; top: 2rem; align-self: start; max-height: calc(100vh - 4rem); overflow: auto; font-size: .9rem; }
nav h2 { margin: 1.2rem 0 .3rem; font-size: .78rem; text-transform: uppercase; letter-spacing: .06em; color: var(--dim); }
nav ul { list-style: none; margin: 0; padding: 0; }
nav a { display: block; padding: .15rem .4rem; border-radius: .3rem; color: inherit; text-decoration: none; }
nav a:hover { background: var(--panel); color: var(--accent); }
a { color: var(--accent); } a:focus-visible, summary:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .6rem; letter-spacing: -.01em; }
main > h2 { margin: 3rem 0 1rem; font-size: 1.25rem; border-bottom: 1px solid var(--line); padding-bottom: .4rem; }
article { margin: 0 0 1.6rem; padding: 1.1rem 1.3rem; background: var(--panel); border: 1px solid var(--line); border-radius: .6rem; scroll-margin-top: 1.5rem; }
article h3 { margin: 0 0 .3rem; font-size: 1.05rem; }
article > p { margin: .3rem 0; }
code, pre { font-family: ui-monospace, 'SF Mono', Menlo, Consolas, monospace; font-size: .875em; }
pre { overflow-x: auto; padding: .8rem 1rem; background: var(--ground); border: 1px solid var(--line); border-radius: .4rem; }
.route { display: flex; gap: .6rem; align-items: baseline; flex-wrap: wrap; overflow-wrap: anywhere; }
.method { font-weight: 700; text-transform: uppercase; font-size: .78rem; letter-spacing: .04em; }
.get { color: var(--get); } .put { color: var(--put); } .post { color: var(--post); } .delete { color: var(--delete); }
.dim { color: var(--dim); }
h4 { margin: 1rem 0 .3rem; font-size: .78rem; text-transform: uppercase; letter-spacing: .05em; color: var(--dim); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
td, th { text-align: left; vertical-align: top; padding: .35rem .8rem .35rem 0; border-bottom: 1px solid var(--line); }
tr:last-child td { border-bottom: 0; }
td:first-child { white-space: nowrap; }
summary { cursor: pointer; color: var(--dim); margin-top: .8rem; font-size: .92rem; }
@media (max-width: 52rem) { .page { grid-template-columns: minmax(0, 1fr); gap: 1rem; padding: 1.2rem 1rem 4rem; }
  nav { position: static; max-height: none; } nav ul { display: flex; flex-wrap: wrap; gap: .2rem; } article { padding: .9rem 1rem; } }
`;
