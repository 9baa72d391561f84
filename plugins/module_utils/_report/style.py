# Copyright: (c) 2026, the eastwest.mesh contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep the look of all pages: colours for light and dark, and the style sheet that uses them."""

from __future__ import annotations

import typing as t

Colours: t.TypeAlias = t.Mapping[str, str]

LIGHT: Colours = {
    "page": "#f6f7f9",
    "card": "#ffffff",
    "ink": "#17202c",
    "quiet": "#566173",
    "rule": "#d9dee6",
    "track": "#eceff3",
    "link": "#1d5fa8",
    "good": "#14713d",
    "good-soft": "#e4f4ea",
    "bad": "#b3261e",
    "bad-soft": "#fce9e7",
    "warn": "#8a5a00",
    "warn-soft": "#fbf0da",
    "event": "#7a3db8",
    "stroke": "#ffffff",
    "c0": "#3a76b8",
    "c1": "#dd8a26",
    "c2": "#2a9d83",
    "c3": "#8a63b8",
    "c4": "#8f6f3e",
    "c5": "#6b7a90",
    "cx": "#cf3a30",
}
DARK: Colours = {
    "page": "#11161d",
    "card": "#1a212b",
    "ink": "#e8ecf2",
    "quiet": "#a7b1c0",
    "rule": "#364152",
    "track": "#2a3340",
    "link": "#8abdf2",
    "good": "#67cf93",
    "good-soft": "#17352a",
    "bad": "#ff8f86",
    "bad-soft": "#43211f",
    "warn": "#e8b45a",
    "warn-soft": "#3d311a",
    "event": "#c79bf5",
    "stroke": "#1a212b",
    "c0": "#5b9be0",
    "c1": "#e9a04a",
    "c2": "#45bda1",
    "c3": "#aa8ade",
    "c4": "#b8945c",
    "c5": "#8d9cb3",
    "cx": "#f0645a",
}

_SHEET = """
*{box-sizing:border-box}
html{color-scheme:light dark;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--ink);
 font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",sans-serif}
main,header>div,footer{max-width:1180px;margin:0 auto;padding:0 24px}
h1,h2,h3{line-height:1.2;text-wrap:balance;overflow-wrap:anywhere}
h1{font-size:2.1rem;margin:.1em 0 .3em;letter-spacing:-.015em}
h2{font-size:1.3rem;margin:2.2em 0 .3em;letter-spacing:-.01em}
h3{font-size:1.1rem;margin:0}
.card>h3:not(:first-child){margin-top:1.4em}
h4{font-size:.95rem;margin:1.3em 0 .3em}
p{margin:.4em 0;max-width:90ch;overflow-wrap:anywhere}
a{color:var(--link)}
:focus-visible{outline:3px solid var(--link);outline-offset:2px}
.quiet{color:var(--quiet)}
.skip{position:absolute;left:-999px}.skip:focus{left:8px;top:8px;background:var(--card);padding:8px}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
header{background:var(--card);border-bottom:1px solid var(--rule);border-top:8px solid var(--verdict);padding:22px 0 20px}
.passed{--verdict:var(--good);--soft:var(--good-soft)}
.failed{--verdict:var(--bad);--soft:var(--bad-soft)}
.warned{--verdict:var(--warn);--soft:var(--warn-soft)}
.noted{--verdict:var(--quiet);--soft:var(--track)}
header h1 .mark,.verdict{color:var(--verdict)}
.eyebrow{color:var(--quiet);font-size:.9rem;margin:0}
.lead{font-size:1.08rem}
dl.about{display:flex;flex-wrap:wrap;gap:6px 28px;margin:14px 0 0;font-size:.9rem}
dl.about div{display:flex;gap:.5em;min-width:0}
dl.about dt{color:var(--quiet)}dl.about dd{margin:0;overflow-wrap:anywhere}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(160px,1fr));gap:12px;margin:22px 0 0;padding:0}
.figures div{background:var(--card);border:1px solid var(--rule);border-radius:10px;padding:14px 16px}
.figures dt{color:var(--quiet);font-size:.9rem}
.figures dd{margin:0}
.figures .value{font-size:1.75rem;font-weight:650;line-height:1.25;font-variant-numeric:tabular-nums;letter-spacing:-.01em}
.figures .note{font-size:.85rem;color:var(--quiet);line-height:1.4}
.card{background:var(--card);border:1px solid var(--rule);border-radius:10px;padding:16px 18px;margin:12px 0;min-width:0}
.steps{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,320px),1fr));gap:12px;margin:12px 0;padding:0;list-style:none}
.steps>li{background:var(--card);border:1px solid var(--rule);border-top:4px solid var(--verdict);border-radius:10px;padding:12px 14px;min-width:0;
display:flex;flex-direction:column}
.steps h3{display:flex;gap:.45em;align-items:baseline}
.steps h3 a{color:inherit;text-decoration-color:var(--rule);text-underline-offset:3px}
.steps p{font-size:.92rem;margin:.35em 0 .7em}
.steps svg{margin-top:auto;width:100%;height:auto}
ul.findings,ol.hops{list-style:none;padding:0;margin:12px 0}
.finding{background:var(--card);border:1px solid var(--rule);border-left:5px solid var(--verdict);border-radius:8px;padding:10px 14px;margin:10px 0}
ol.hops>li{border-left:5px solid var(--verdict)}
.number{text-align:right;font-variant-numeric:tabular-nums}
.step-title{display:flex;flex-wrap:wrap;gap:.3em .6em;align-items:baseline}
.badge{font-size:.8rem;font-weight:600;color:var(--verdict);background:var(--soft);border-radius:99px;padding:2px 10px;white-space:nowrap}
.reason{border-left:4px solid var(--bad);background:var(--bad-soft);padding:8px 12px;margin:10px 0;border-radius:0 6px 6px 0;max-width:none}
.frame{overflow-x:auto;margin:10px 0;max-width:100%}
.frame>svg{display:block;width:100%;min-width:720px;height:auto}
table{border-collapse:collapse;width:100%;font-size:.9rem}
caption.unseen{display:block}
caption:not(.unseen){text-align:left;font-weight:600;padding-bottom:4px}
th,td{text-align:left;padding:5px 22px 5px 0;border-bottom:1px solid var(--rule);vertical-align:top;font-weight:400}
thead th{color:var(--quiet);font-size:.82rem;white-space:nowrap;vertical-align:bottom}
th.number,td.number{text-align:right;white-space:nowrap}
tbody tr:last-child>*{border-bottom:0}
tbody th{min-width:7.5em}
.name{display:inline-flex;gap:8px;align-items:center}
.key{flex:none}
ul.legend{display:flex;flex-wrap:wrap;gap:4px 18px;list-style:none;padding:0;margin:8px 0;font-size:.9rem}
ul.legend li{display:flex;gap:7px;align-items:center}
ul.plain{padding-left:1.2em;margin:.3em 0;font-size:.92rem;max-width:90ch;overflow-wrap:anywhere}
details{margin:8px 0}summary{cursor:pointer;color:var(--link);font-size:.92rem;padding:4px 0}
pre{overflow-x:auto;font-size:.8rem;background:var(--track);padding:12px;border-radius:6px;max-height:30em}
pre.prose{white-space:pre-wrap;overflow-wrap:anywhere;max-height:none}
footer{color:var(--quiet);font-size:.85rem;padding-top:28px;padding-bottom:40px}
.definitions{position:absolute}
svg text{font:13px system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",sans-serif;fill:var(--ink);font-variant-numeric:tabular-nums}
svg .quiet{fill:var(--quiet)}svg .strong{font-weight:650}svg .small{font-size:11.5px}
svg .good{fill:var(--good)}svg .bad{fill:var(--bad)}
svg .end{text-anchor:end}svg .middle{text-anchor:middle}
svg .struck{text-decoration:line-through}
svg .halo{paint-order:stroke;stroke:var(--card);stroke-width:4px;stroke-linejoin:round}
.ink{fill:none;stroke:var(--stroke);stroke-width:1.2;stroke-opacity:.75}
.grid{stroke:var(--rule);fill:none}.axis{stroke:var(--quiet);fill:none}
.area{stroke:none}.swatch{stroke:var(--quiet);stroke-width:.5}
.event{stroke:var(--event);stroke-width:1.6;stroke-dasharray:5 3;fill:none}
.outage{fill:var(--cx);fill-opacity:.16;stroke:var(--cx);stroke-opacity:.5;stroke-width:.6}
.cross{stroke:var(--bad);stroke-width:2;fill:none}
.dimension{stroke:var(--ink);stroke-width:1.4;fill:none}
.bracket{stroke:var(--quiet);fill:none}
.slowest{fill:var(--c5);fill-opacity:.45}.median{stroke:var(--ink);stroke-width:1.5;fill:none}
.range{stroke:var(--quiet);stroke-width:2}
.dot{fill:var(--c0);stroke:var(--card)}.dot.p95{fill:var(--c2)}.dot.p99{fill:var(--c1)}.dot.max{fill:var(--ink)}
.client{fill:var(--card);stroke:var(--ink);stroke-width:1.5}
.site{fill:none;stroke:var(--quiet);stroke-width:1}.site.lost{stroke:var(--cx);stroke-dasharray:4 3}
.zone{fill:var(--track);stroke:var(--rule)}
.gateway{fill:var(--card);stroke:var(--quiet);stroke-width:1.4}
.band{fill:none}.flow .band{stroke:var(--flow,var(--quiet))}.flow .tip{fill:var(--flow,var(--quiet))}
.flow-none{fill:none;stroke:var(--rule);stroke-dasharray:2 4}
.flow-missing{fill:none;stroke:var(--bad);stroke-width:1.6;stroke-dasharray:6 4}
.track{fill:var(--track)}.whisker{stroke:var(--ink);stroke-width:1.4}
.wanted{stroke:var(--ink);stroke-width:1.4;fill:var(--ink)}
.bar{display:block;width:100%;min-width:150px;max-width:340px;height:22px}
@media (max-width:520px){main,header>div,footer{padding-left:14px;padding-right:14px}h1{font-size:1.6rem}.card{padding:12px}td:not(.number){min-width:10em}}
@media print{
 body{background:#fff;font-size:11pt}header{border-top-width:5px;padding-top:10px}
 main,header>div,footer{max-width:none;padding:0}
 .card,.steps>li,.figures div,tr,.reason{break-inside:avoid}
 th.number,td.number,thead th,.badge{white-space:normal}th,td{padding-right:10px;overflow-wrap:anywhere}tbody th{min-width:0}
 h2,h3{break-after:avoid}.frame{overflow:visible}.frame>svg{min-width:0}
 .steps{grid-template-columns:repeat(2,1fr)}.skip,.screen{display:none}
 svg,header,.reason,.badge{-webkit-print-color-adjust:exact;print-color-adjust:exact}
}
"""


def style_sheet() -> str:
    """Return the style sheet: dark where the reader's screen is, light on paper."""
    zones = "".join(
        f".c{key}{{fill:var(--c{key})}}.f{key}{{--flow:var(--c{key})}}" for key in (*range(6), "x")
    )
    dark = f"@media screen and (prefers-color-scheme:dark){{:root{{{_variables(DARK)}}}}}"
    return f":root{{{_variables(LIGHT)}}}{dark}{zones}{_SHEET}"


def _variables(colours: Colours) -> str:
    return "".join(f"--{name}:{value};" for name, value in colours.items())
