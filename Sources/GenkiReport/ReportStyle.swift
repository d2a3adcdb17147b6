/// The page's look: inline CSS, light and dark by the reader's system, one column on a phone.
enum ReportStyle {
  /// How many colours `.s0`, `.s1`, … there are.
  static let seriesCount = 6

  static let css: HTML = """
    :root{color-scheme:light dark;--page:#f7f5f2;--card:#fff;--ink:#1e1b22;--soft:#655f6d;
    --line:#e3dfe8;--good:#0b7a53;--bad:#b3261e;--heat:#d9480f;--track:#f0edf3;
    --s0:#2458d3;--s1:#c4410c;--s2:#0b7a53;--s3:#8426c9;--s4:#8a6100;--s5:#a3195b}
    @media (prefers-color-scheme:dark){:root{--page:#141317;--card:#1d1b21;--ink:#ece9f1;
    --soft:#a8a1b2;--line:#38343f;--good:#52d3a4;--bad:#ff8a80;--heat:#ff7a3d;--track:#2a2730;
    --s0:#86aaff;--s1:#ff9c69;--s2:#52d3a4;--s3:#cfa5ff;--s4:#e6bd4f;--s5:#ff8fc0}}
    *{box-sizing:border-box}
    body{margin:0;background:var(--page);color:var(--ink);
    font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
    main{max-width:1080px;margin:0 auto;padding:24px 16px 48px}
    header{margin-bottom:20px}
    h1{font-size:1.7rem;line-height:1.2;margin:0 0 .3em}
    h2{font-size:1.1rem;margin:0 0 .2em}
    p{margin:.2em 0 .8em}
    .soft{color:var(--soft)}
    .grid2{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,330px),1fr));gap:16px}
    section,.tile{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:16px}
    section{margin-bottom:16px;min-width:0}
    .grid2>section{margin-bottom:0}
    .grid2{margin-bottom:16px}
    .tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:16px 0}
    .tile b{display:block;font-size:1.45rem;line-height:1.25;font-variant-numeric:tabular-nums}
    .tile span{color:var(--soft);font-size:.88rem}
    svg{display:block;width:100%;height:auto;font-family:inherit}
    svg text{fill:var(--ink);font-size:13px;font-variant-numeric:tabular-nums}
    svg text.axis,svg tspan.axis{fill:var(--soft);font-size:11.5px}
    svg .grid{stroke:var(--line)}
    svg .zero{stroke:var(--soft);stroke-dasharray:2 3}
    svg .series{fill:none;stroke-width:2;stroke-linejoin:round}
    svg .track{fill:var(--track)}
    svg .better{fill:var(--good)} svg .worse{fill:var(--bad)}
    svg .cell{fill:var(--heat)} svg .cell.own{fill:var(--track);fill-opacity:1}
    svg .value.own{fill:var(--soft)}
    .s0{stroke:var(--s0)}.s1{stroke:var(--s1)}.s2{stroke:var(--s2)}
    .s3{stroke:var(--s3)}.s4{stroke:var(--s4)}.s5{stroke:var(--s5)}
    .legend{list-style:none;display:flex;flex-wrap:wrap;gap:4px 18px;padding:0;margin:8px 0 0;font-size:.9rem}
    .legend svg{display:inline-block;width:22px;height:10px;margin-right:6px;vertical-align:middle}
    .scroll{overflow-x:auto}
    table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
    th,td{text-align:left;padding:9px 10px;border-bottom:1px solid var(--line);vertical-align:top}
    tr:last-child td{border-bottom:0}
    th{color:var(--soft);font-weight:500;font-size:.88rem}
    .number{text-align:right}
    td small{display:block;color:var(--soft);overflow-wrap:anywhere}
    .board .digest{font-size:.72rem}.number small{white-space:nowrap}
    .meter{display:block;height:6px;border-radius:3px;background:var(--track);margin-top:6px;min-width:64px}
    .meter i{display:block;height:6px;border-radius:3px;background:var(--s0)}
    .good{color:var(--good)}.bad{color:var(--bad)}
    .digest{font-family:ui-monospace,"DejaVu Sans Mono",monospace;font-size:.82rem;overflow-wrap:anywhere}
    dl{margin:0;display:grid;grid-template-columns:max-content 1fr;gap:4px 16px}
    dt{color:var(--soft)}dd{margin:0;min-width:0}
    pre{white-space:pre-wrap;overflow-wrap:anywhere;margin:.4em 0 0;font:inherit;
    border-left:3px solid var(--line);padding-left:12px}
    pre b{color:var(--soft);font-weight:500}
    @media (max-width:640px){
    main{padding:16px 10px 32px}h1{font-size:1.4rem}
    .board thead{display:none}
    .board tr{display:grid;grid-template-columns:1fr 1fr;border-bottom:1px solid var(--line);padding:8px 0}
    .board tr:last-child{border-bottom:0}
    .board td{border:0;padding:4px 6px;text-align:left}
    .board td:first-child,.board td:last-child{grid-column:1/-1}
    .board td[data-label]::before{content:attr(data-label);display:block;color:var(--soft);font-size:.8rem}}
    @media print{body{background:#fff}section,.tile{break-inside:avoid}}
    """
}
