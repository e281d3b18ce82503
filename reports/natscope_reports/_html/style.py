"""The one style sheet, named by its hash: nothing else may style or load anything.

Two palettes; every text colour has a contrast of at least 4.5:1 on its ground (a test computes it).
"""

from __future__ import annotations

import base64
import hashlib

LIGHT = {
    "bg": "#ffffff", "fg": "#1c2128", "dim": "#57606a", "line": "#d5dae0", "soft": "#f5f7f9", "card": "#ffffff",
    "ok": "#146c2e", "ok-bg": "#e6f4ea", "look": "#7d5200", "look-bg": "#fff5d6", "bad": "#b3191d",
    "bad-bg": "#fdecea", "accent": "#0b5cb8", "bar": "#4a86c8",
}  # fmt: skip
DARK = {
    "bg": "#12161c", "fg": "#e4e8ee", "dim": "#9aa5b1", "line": "#3a434f", "soft": "#1a2029", "card": "#171d25",
    "ok": "#5bc777", "ok-bg": "#12291a", "look": "#e3b341", "look-bg": "#2c2410", "bad": "#ff8078",
    "bad-bg": "#331817", "accent": "#78b4ff", "bar": "#4f8fd6",
}  # fmt: skip

_RULES = """
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--bg);color:var(--fg);font:16px/1.5 system-ui,"Segoe UI",Roboto,"Noto Sans",sans-serif}
main,header,footer{max-width:62rem;margin:0 auto;padding:0 1.25rem}
header{padding-top:1.4rem;display:flex;flex-wrap:wrap;gap:.2rem 1.4rem;align-items:baseline;color:var(--dim);
font-size:.9rem}
header b{color:var(--fg)}
h1{font-size:1.65rem;line-height:1.25;margin:0 0 .4rem;text-wrap:balance;overflow-wrap:anywhere}
h2{font-size:1.15rem;margin:2.3rem 0 .7rem}
h3{font-size:1.02rem;margin:0 0 .3rem;overflow-wrap:anywhere}
p{margin:.3rem 0 .6rem;max-width:44rem;overflow-wrap:anywhere}
a{color:var(--accent)}
a:focus-visible,summary:focus-visible{outline:3px solid var(--accent);outline-offset:2px;border-radius:3px}
.skip{position:absolute;left:-99rem}
.skip:focus{left:1rem;top:.5rem;background:var(--bg);padding:.4rem .8rem}
.dim{color:var(--dim)}.ok{color:var(--ok)}.look{color:var(--look)}.bad{color:var(--bad)}
.num{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
code{font:.9em/1.45 ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace;overflow-wrap:anywhere}
.verdict{display:grid;grid-template-columns:auto 1fr;gap:0 1.1rem;margin:1.2rem 0 0;padding:1.2rem 1.3rem;
border:1px solid var(--line);border-left:6px solid var(--dim);border-radius:8px;background:var(--soft)}
.verdict .sign{font-size:2.1rem;line-height:1.1;font-weight:700}
.v-ok{border-left-color:var(--ok);background:var(--ok-bg)}.v-ok .sign{color:var(--ok)}
.v-look{border-left-color:var(--look);background:var(--look-bg)}.v-look .sign{color:var(--look)}
.v-bad{border-left-color:var(--bad);background:var(--bad-bg)}.v-bad .sign{color:var(--bad)}
.tag{display:inline-block;font-size:.78rem;font-weight:650;padding:.05rem .5rem;border-radius:99px;
border:1px solid currentColor;white-space:nowrap}
figure{margin:0;padding:1rem;border:1px solid var(--line);border-radius:8px;background:var(--soft);overflow-x:auto}
figcaption{color:var(--dim);font-size:.9rem;margin-top:.6rem}
svg{display:block;width:100%;height:auto;font:13px system-ui,"Segoe UI",Roboto,"Noto Sans",sans-serif}
svg text{fill:var(--fg)}svg .t-dim{fill:var(--dim)}svg .t-ok{fill:var(--ok);font-weight:650}
svg .t-bad{fill:var(--bad);font-weight:650}svg .t-look{fill:var(--look);font-weight:650}svg .t-b{font-weight:650}
.box{fill:var(--card);stroke:var(--dim);stroke-width:1.3}
.box-bad{fill:var(--bad-bg);stroke:var(--bad);stroke-width:2}
.l-ok{stroke:var(--ok);stroke-width:2;fill:none}
.l-bad{stroke:var(--bad);stroke-width:2;stroke-dasharray:6 4;fill:none}
.l-dim{stroke:var(--dim);stroke-width:1.5;stroke-dasharray:2 5;fill:none}.l-grid{stroke:var(--line);stroke-width:1}
.f-ok{fill:var(--ok)}.f-bad{fill:var(--bad)}.f-bar{fill:var(--bar)}.f-look{fill:var(--look)}.f-line{fill:var(--line)}
.cards{display:grid;gap:.9rem}
.card{border:1px solid var(--line);border-left:5px solid var(--line);border-radius:8px;padding:.9rem 1.1rem;
background:var(--card)}
.c-bad{border-left-color:var(--bad)}.c-look{border-left-color:var(--look)}
.fix{margin:.5rem 0 .2rem;padding:.5rem .8rem;background:var(--ok-bg);border-radius:6px;max-width:none}
.meta{display:flex;flex-wrap:wrap;gap:.2rem 1.1rem;color:var(--dim);font-size:.88rem}
table{border-collapse:collapse;width:100%}
caption{text-align:left;color:var(--dim);font-size:.9rem;padding-bottom:.4rem}
th,td{text-align:left;padding:.36rem .7rem .36rem 0;border-bottom:1px solid var(--line);vertical-align:middle}
thead th{font-size:.82rem;color:var(--dim);font-weight:600}
tbody th{font-weight:600}
td.bars{width:38%;padding-right:1rem}
.scroll{overflow-x:auto}
details{margin:.5rem 0 0}summary{cursor:pointer;color:var(--accent)}
footer{margin-top:2.4rem;padding-top:1rem;padding-bottom:2rem;border-top:1px solid var(--line);color:var(--dim);
font-size:.88rem}
@media (max-width:40rem){h1{font-size:1.35rem}.verdict{grid-template-columns:1fr}.bars{display:none}
figure svg{min-width:44rem}}
@media print{body{font-size:10pt}table{break-inside:auto}h2{margin-top:1.3rem;break-after:avoid}.skip{display:none}
.card,figure,.verdict,tr{break-inside:avoid}summary{color:inherit}
details::details-content{content-visibility:visible;height:auto}.fix{border:1px solid var(--line)}@page{margin:16mm}}
"""


def _palette(colours: dict[str, str]) -> str:
    return "".join(f"--{name}:{value};" for name, value in colours.items())


def _sheet() -> str:
    light, dark = _palette(LIGHT), _palette(DARK)
    return (
        f":root{{color-scheme:light dark;{light}}}"
        f"@media (prefers-color-scheme:dark){{:root{{{dark}}}}}"
        f"@media print{{:root{{color-scheme:light;{light}}}}}"
        f"{_RULES}"
    )


SHEET = _sheet()
HASH = "sha256-" + base64.b64encode(hashlib.sha256(SHEET.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src '{HASH}'; base-uri 'none'; form-action 'none'"
"""The Content-Security-Policy: no script, no request, this one style sheet."""
