// Beginning and end of the page at /: all that it looks like. One file, nothing to fetch, light and dark.
#pragma once

namespace sallyport::cli {

inline constexpr const char* kPageHead = R"HTML(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Sallyport: your connection</title>
<link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Cpath fill='%230d7377' d='M4 30V14a12 12 0 0 1 24 0v16h-6V15a6 6 0 0 0-12 0v15z'/%3E%3C/svg%3E">
<style>
:root{--ground:#f3f5f9;--card:#fff;--ink:#14202e;--soft:#51606f;--line:#dde3eb;--accent:#0d6f73;--on-accent:#fff;--tint:#e3f3f2;--old:#a9b6c4;--glow:#cfe9e8;--shadow:0 1px 2px #0f1e3014,0 8px 28px #0f1e300f}
@media (prefers-color-scheme:dark){:root{--ground:#0d131b;--card:#151d28;--ink:#e9eff6;--soft:#a3b1c0;--line:#273342;--accent:#5fd3c8;--on-accent:#06201f;--tint:#12302f;--old:#52647a;--glow:#123a3b;--shadow:0 1px 2px #0006}}
*{box-sizing:border-box;margin:0}
body{background:radial-gradient(60rem 26rem at 50% -8rem,var(--glow),transparent 70%) no-repeat var(--ground);color:var(--ink);font:1rem/1.6 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;-webkit-text-size-adjust:100%}
header,main,footer{max-width:58rem;margin:0 auto;padding:0 1.25rem}
header{display:flex;align-items:center;gap:.7rem;padding-top:1.5rem}
header svg{width:1.8rem;height:1.8rem;fill:var(--accent);flex:none}
h1{font-size:1.15rem;letter-spacing:.01em}
header a{margin-left:auto}
a{color:var(--accent);text-underline-offset:.2em}
section{background:var(--card);border:1px solid var(--line);border-radius:1.1rem;box-shadow:var(--shadow);padding:1.6rem clamp(1.1rem,4vw,2rem);margin:1.25rem 0}
h2{font-size:1.3rem;line-height:1.25;margin-bottom:.6rem;text-wrap:balance}
h3{font-size:.85rem;font-weight:600;color:var(--soft);margin:1.1rem 0 .35rem}
.hero{background:none;border:0;box-shadow:none;text-align:center;padding:2.2rem 0 1rem}
.hero h2{font-size:clamp(1.9rem,6.4vw,3.1rem);letter-spacing:-.02em;line-height:1.12;margin:.9rem auto .8rem}
.badge{display:inline-block;border:1px solid var(--line);background:var(--card);color:var(--soft);border-radius:2rem;padding:.2rem .9rem;font-size:.9rem;font-weight:600}
.badge.again{background:var(--tint);border-color:transparent;color:var(--accent)}
.lead{max-width:38rem;margin:0 auto;font-size:1.1rem;color:var(--soft);text-wrap:pretty}
.count{margin-top:.8rem;font-weight:600;color:var(--accent)}
form{margin:1.5rem 0 .6rem}
button{font:inherit;font-size:1.1rem;font-weight:650;color:var(--on-accent);background:var(--accent);border:0;border-radius:.8rem;padding:.75rem 2.2rem;min-height:3rem;cursor:pointer;box-shadow:var(--shadow);transition:transform .12s,filter .12s}
button:hover{filter:brightness(1.08);transform:translateY(-1px)}
button:active{transform:none}
:focus-visible{outline:3px solid var(--accent);outline-offset:3px;border-radius:.4rem}
button:focus-visible{border-radius:.8rem}
.hint{max-width:30rem;margin:0 auto;font-size:.92rem;color:var(--soft);text-wrap:balance}
.saved strong{margin-right:.25em;font-size:2.6rem;line-height:1.1;letter-spacing:-.02em;color:var(--accent);font-weight:700}
.saved{margin-bottom:.5rem;font-size:1.1rem}
.bars{display:grid;grid-template-columns:max-content 1fr minmax(6.2rem,max-content);gap:.35rem .9rem;align-items:center}
.bars dt{font-size:.92rem;color:var(--soft)}
.bars dd{display:contents}
.bar{display:block;height:1rem;border-radius:.3rem;background:var(--old);min-width:3px}
.bar.now{background:var(--accent)}
.bars b{font-weight:600;white-space:nowrap;text-align:right;font-variant-numeric:tabular-nums;font-size:.95rem}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(11rem,1fr));gap:.8rem;margin:.4rem 0 1.1rem}
.tiles div{background:var(--tint);border-radius:.8rem;padding:.9rem 1.1rem;display:flex;flex-direction:column}
.tiles dd{font-size:1.6rem;font-weight:700;line-height:1.2;letter-spacing:-.02em;font-variant-numeric:tabular-nums;color:var(--accent)}
.tiles dt{font-size:.92rem;color:var(--soft)}
.talk{list-style:none;padding:0;margin-top:1rem;display:grid;gap:.9rem}
.talk>li{width:fit-content;max-width:100%;border-radius:.9rem;padding:.7rem 1rem .9rem;border:1px solid var(--line)}
.talk>.out{background:var(--tint);border-color:transparent;border-bottom-left-radius:.2rem}
.talk>.in{margin-left:auto;border-bottom-right-radius:.2rem}
.talk h3{margin:0 0 .35rem;font-size:.8rem}
.talk .in h3{text-align:right}
.talk ul{list-style:none;padding:0;display:flex;flex-wrap:wrap;gap:.4rem .5rem}
.talk .in ul{justify-content:flex-end}
.talk li li{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:.12rem .6rem;font:.86rem/1.6 ui-monospace,"SF Mono","Cascadia Mono",Menlo,Consolas,monospace}
s{color:var(--soft);text-decoration-thickness:1.5px}
.talk li li:has(s){border-style:dashed;background:none}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,14.5rem),1fr));gap:1.2rem 2rem;margin-top:.9rem}
.facts dt{font-size:.85rem;font-weight:600;color:var(--soft)}
.facts dd code{display:block;font:600 1rem/1.45 ui-monospace,"SF Mono","Cascadia Mono",Menlo,Consolas,monospace;overflow-wrap:anywhere;margin:.1rem 0 .2rem}
.facts dd p{font-size:.93rem;color:var(--soft)}
footer{padding-top:.4rem;padding-bottom:2.5rem;font-size:.9rem;color:var(--soft);text-align:center}
.sr{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
@media (prefers-reduced-motion:reduce){button{transition:none}}
@media (prefers-reduced-motion:no-preference){.bar{animation:grow .7s cubic-bezier(.2,.8,.2,1)}@keyframes grow{from{width:0}}}
</style>
</head>
<body>
<header><svg viewBox="0 0 32 32" aria-hidden="true"><path d="M4 30V14a12 12 0 0 1 24 0v16h-6V15a6 6 0 0 0-12 0v15z"/></svg><h1>Sallyport</h1><a href="/json">As JSON</a></header>
)HTML";

inline constexpr const char* kPageFoot =
    "<footer>This page is one file without scripts, cookies or anything from elsewhere.</footer>\n</body>\n</html>\n";

}  // namespace sallyport::cli
