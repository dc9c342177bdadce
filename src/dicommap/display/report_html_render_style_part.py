"""How HTML looks: one style sheet, within one class.

Colours come from the text around it, so that it is readable in every theme of every notebook: rules and tints are the
text's colour or a grey thinned out, and only badges have colours of their own, dark behind white.
"""

from __future__ import annotations

from dicommap.display.report_html_render_markup_part import Markup

CSS_CLASS = "dicommap"

# The class is doubled to weigh more than what notebooks say of tables in their output.
_RULES = {
    "": "font:13px/1.45 var(--jp-content-font-family,var(--vscode-font-family,system-ui,sans-serif));"
    "color:var(--jp-content-font-color1,var(--vscode-editor-foreground,inherit));max-width:92em;"
    "overflow-wrap:anywhere;font-variant-numeric:tabular-nums",
    " p": "margin:4px 0",
    " .head": "display:flex;flex-wrap:wrap;gap:2px 14px;align-items:baseline;margin:2px 0 6px",
    " .head b": "font-size:15px",
    " .soft": "opacity:.72",
    " code": "font:12px/1.45 var(--jp-code-font-family,var(--vscode-editor-font-family,ui-monospace,monospace));"
    "color:inherit;background:none;padding:0;border:0;white-space:normal",
    " dl": "display:grid;grid-template-columns:max-content minmax(0,1fr);gap:1px 14px;margin:4px 0 8px",
    " dt": "opacity:.72;margin:0;font-weight:normal",
    " dd": "margin:0;unicode-bidi:isolate",
    " h4": "margin:10px 0 2px;font-size:13px;font-weight:600",
    " .row": "display:grid;grid-template-columns:var(--dicommap-columns);gap:0 10px;align-items:baseline",
    " .row>*": "unicode-bidi:isolate",
    " .names": "padding:2px 6px 2px 20px;opacity:.72;font-size:12px;border-bottom:1px solid rgba(128,128,128,.5)",
    " .line": "padding:2px 6px 2px 20px;border-bottom:1px solid rgba(128,128,128,.22)",
    " summary": "position:relative;cursor:pointer;list-style:none;padding:2px 6px 2px 20px;"
    "border-bottom:1px solid rgba(128,128,128,.22)",
    " summary::-webkit-details-marker": "display:none",
    " summary::before": "content:'\\25B8';position:absolute;left:5px;opacity:.72",
    " details[open]>summary::before": "content:'\\25BE'",
    " summary:hover": "background:rgba(128,128,128,.12)",
    " .inside": "margin:4px 0 10px 20px;padding-left:10px;border-left:2px solid rgba(128,128,128,.35)",
    " .number": "text-align:right;white-space:nowrap",
    " .badge": "display:inline-block;padding:0 7px;border-radius:9px;font-size:12px;color:#fff;background:#57606a",
    " .error": "background:#b3261e",
    " .warning": "background:#8a5300",
    " del": "text-decoration:none;background:rgba(214,60,50,.17);padding:0 3px;border-radius:2px",
    " ins": "text-decoration:none;background:rgba(40,160,80,.2);padding:0 3px;border-radius:2px",
}
STYLE_SHEET = Markup(
    "<style>" + "".join(f".{CSS_CLASS}.{CSS_CLASS}{part}{{{rules}}}" for part, rules in _RULES.items()) + "</style>"
)
