/** Light and dark by the reader's setting; one accent, red and green only for verdicts. */
export const REPORT_STYLE = `:root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--ink:#16202c;--soft:#5c6b7c;--line:#e2e7ed;--accent:#0b6fb8;--good:#13713d;--goodbg:#e2f4e8;--bad:#b3261e;--badbg:#fce8e6}
@media(prefers-color-scheme:dark){:root{--bg:#0f151c;--card:#171f29;--ink:#e6edf4;--soft:#94a5b6;--line:#2a3542;--accent:#5cb3f0;--good:#6fd397;--goodbg:#12301f;--bad:#ff9a91;--badbg:#3b1714}}
*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:900px;margin:0 auto;padding:32px 20px 56px;display:grid;grid-template-columns:minmax(0,1fr);gap:20px}
h1{margin:2px 0 8px;font-size:28px;line-height:1.2}h1 small{color:var(--soft);font-size:16px;font-weight:400}h2{margin:0 0 10px;font-size:17px}
.eyebrow{margin:0;color:var(--soft);font-size:13px}.how{margin:0 0 10px;color:var(--soft);font-size:13px}i{font-style:normal;color:var(--soft);font-size:13px}
.verdict,.pill{display:inline-block;margin:0;padding:3px 12px;border-radius:99px;font-weight:600}.pill{padding:0 9px;font-size:13px}
.good{color:var(--good);background:var(--goodbg)}.bad{color:var(--bad);background:var(--badbg)}
section,figure{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:18px;margin:0;min-width:0}
.tiles,.charts{display:grid;gap:16px;padding:0;border:0;background:none}.tiles{grid-template-columns:repeat(auto-fit,minmax(150px,1fr))}.charts{grid-template-columns:repeat(auto-fit,minmax(290px,1fr))}
.tile{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:14px 18px;display:grid}.tile span{color:var(--soft);font-size:13px}.tile b{font-size:26px;line-height:1.25;font-variant-numeric:tabular-nums}
.scroll{overflow-x:auto}table{width:100%;border-collapse:collapse;font-size:14px}th,td{text-align:left;padding:7px 10px 7px 0;border-bottom:1px solid var(--line);vertical-align:top}tbody tr:last-child>*{border-bottom:0}
th{color:var(--soft);font-weight:500}.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap;padding-right:16px}.confusion{max-width:520px}.wrong b{color:var(--soft);font-weight:500}
code{font:13px ui-monospace,SFMono-Regular,Menlo,monospace}dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:6px 18px;margin:0;font-size:14px}dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
svg{width:100%;height:auto;display:block}svg text{fill:var(--soft);font-size:10px}.grid{stroke:var(--line);stroke-width:1}.chance{stroke:var(--soft);stroke-width:1;stroke-dasharray:3 4}
.line{fill:none;stroke:var(--accent);stroke-width:2.5;stroke-linejoin:round}.thin{stroke-width:1.5}.area{fill:var(--accent);opacity:.12}.dot{fill:var(--accent);fill-opacity:.75}figcaption{margin-bottom:8px}`;
