"""Measure a page that displays reports: broken words, narrow cells, contrast of texts, and what is visible."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from tests.support.chromium import Page

OPEN_ALL = "document.querySelectorAll('.dicommap details').forEach(details => { details.open = true })"

_FIND_PROBLEMS = r"""
(minLabel => {
  const problems = [];
  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (words.nextNode()) {
    const node = words.currentNode, parent = node.parentElement;
    if (!parent.closest('.dicommap') || parent.closest('del, ins, style, svg') || !parent.closest('table')) continue;
    for (const word of node.data.matchAll(/[^\s\/]+/g)) {
      const range = document.createRange();
      range.setStart(node, word.index);
      range.setEnd(node, word.index + word[0].length);
      const lines = new Set([...range.getClientRects()].map(box => Math.round(box.top)));
      if (lines.size > 1 && !/[-(),;:=]/.test(word[0])) problems.push(`broken: ${word[0]}`);
    }
  }
  for (const cell of document.querySelectorAll('.dicommap td, .dicommap th')) {
    const length = cell.textContent.length, width = cell.getBoundingClientRect().width;
    if (width === 0 || cell.querySelector('details')) continue;
    const least = (cell.matches('th') ? Math.min(length, minLabel) : Math.min(length, 2)) * 5;
    if (width < least) problems.push(`${width} px: ${cell.textContent}`);
    if (cell.scrollWidth > cell.clientWidth + 1) problems.push(`overflows: ${cell.textContent}`);
  }
  for (const table of document.querySelectorAll('.dicommap table')) {
    if (getComputedStyle(table).display !== 'table') problems.push('a table is none');
  }
  for (const report of document.querySelectorAll('.dicommap')) {
    const name = report.textContent.slice(0, 40);
    if (report.scrollWidth > report.clientWidth + 1) problems.push(`wider than its place: ${name}`);
  }
  return problems;
})(8)
"""

_FIND_COLOURS = r"""
(() => {
  const number = text => text.match(/[\d.]+/g).map(Number);
  const opacity = element => element ? Number(getComputedStyle(element).opacity) * opacity(element.parentElement) : 1;
  const colours = {};
  for (const element of document.querySelectorAll('.dicommap td, .dicommap th span, .dicommap p, .dicommap code')) {
    if (element.closest('.badge')) continue;
    const color = getComputedStyle(element).color;
    colours[`${element.tagName} ${element.className} ${color}`] = [number(color), opacity(element)];
  }
  for (const element of document.querySelectorAll('.dicommap-plot text')) {
    const style = getComputedStyle(element);
    colours[`text ${style.fill} ${style.fillOpacity}`] = [number(style.fill), Number(style.fillOpacity)];
  }
  return colours;
})()
"""


def find_problems(page: Page) -> list[str]:
    """Return what is wrong with the tables of a page: broken words, narrow cells, tables that are no tables."""
    return list(page.evaluate(_FIND_PROBLEMS))


def find_pale_texts(page: Page, background: tuple[int, ...]) -> list[str]:
    """Return the texts whose contrast with the background is below 4.5 to 1 (WCAG 1.4.3)."""
    pale = []
    for name, (color, opacity) in page.evaluate(_FIND_COLOURS).items():
        alpha = opacity * (color[3] if len(color) > 3 else 1)
        mixed = [alpha * over + (1 - alpha) * under for over, under in zip(color[:3], background, strict=True)]
        if contrast(mixed, background) < 4.5:
            pale.append(f"{name} on {background}")
    return pale


def contrast(first: list[float], second: tuple[float, ...]) -> float:
    """Return the contrast ratio of two colours, whose channels are 0 to 255 (WCAG 2.2, "relative luminance")."""
    dark, light = sorted((_luminance(first), _luminance(second)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: list[float] | tuple[float, ...]) -> float:
    parts = (part / 255 for part in colour)
    linear = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def plot_backgrounds(page: Page, screenshot: Path) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Return for each plot in the window the colours of a pixel inside its frame and of one beside it."""
    page.save_screenshot(screenshot)
    boxes = page.evaluate(
        "[...document.querySelectorAll('.dicommap-plot')].map(plot => plot.getBoundingClientRect())"
        ".map(box => [box.left, box.top, box.right, box.bottom])"
    )
    with Image.open(screenshot) as opened:
        image = opened.convert("RGB")
    inside = [box for box in boxes if box[1] >= 0 and box[3] <= image.height and box[2] + 8 < image.width]
    return [
        (_pixel(image, right - 6, bottom - 8), _pixel(image, right + 4, bottom - 8)) for _, _, right, bottom in inside
    ]


def _pixel(image: Image.Image, x: float, y: float) -> tuple[int, ...]:
    value = image.getpixel((round(x), round(y)))
    assert isinstance(value, tuple)
    return tuple(int(part) for part in value)
