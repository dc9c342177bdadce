"""The built site: what each page asks a browser for, and where its links lead."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LOADED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "object": "data", "video": "src"}
"""Elements that make a browser fetch something, and the attribute that names it."""

_LOADING_LINKS = {"stylesheet", "icon", "preload", "modulepreload", "preconnect", "dns-prefetch", "manifest"}


@dataclass
class Page(HTMLParser):
    """One page: what it loads, where it links, and which places in it can be linked to."""

    loaded: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__()

    @classmethod
    def read(cls, path: Path) -> Page:
        """Return a page that was parsed."""
        page = cls()
        page.feed(path.read_text(encoding="utf-8"))
        page.close()
        return page

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what an element loads, links to and is named."""
        named = {name: value or "" for name, value in attrs}
        self.anchors |= {named[name] for name in ("id", "name") if name in named}
        if tag in _LOADED and _LOADED[tag] in named:
            self.loaded.append(named[_LOADED[tag]])
        if tag == "link" and _LOADING_LINKS & set(named.get("rel", "").split()):
            self.loaded.append(named.get("href", ""))
        if tag == "a" and "href" in named:
            self.links.append(named["href"])


def problems(site: Path) -> Iterator[str]:
    """Yield what is wrong with a built site: links that lead nowhere, and what is fetched from elsewhere."""
    pages = {path.resolve(): Page.read(path) for path in sorted(site.rglob("*.html"))}
    if not pages:
        yield f"{site} has no pages"
    for path, page in pages.items():
        name = path.relative_to(site.resolve())
        for target in page.loaded:
            parts = urlsplit(target)
            if parts.scheme == "data":
                continue
            if parts.scheme or parts.netloc:
                yield f"{name} loads {target} from elsewhere"
            elif not (path.parent / unquote(parts.path)).is_file():
                yield f"{name} loads {target}, which is not there"
        yield from (
            f"{name} links to {link}, {why}" for link in page.links if (why := _leads_nowhere(path, link, pages))
        )
    for sheet in sorted(site.rglob("*.css")):
        text = sheet.read_text(encoding="utf-8").replace(" ", "")
        if any(
            start in text for start in ("url(http", 'url("http', "url('http", "url(//", "@importhttp", '@import"http')
        ):
            yield f"{sheet.relative_to(site)} loads something from elsewhere"


def _leads_nowhere(path: Path, link: str, pages: dict[Path, Page]) -> str:
    """Return why a link leads nowhere inside the site; the empty text where it does, or leads out of it."""
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return ""
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if not target.is_file():
        return "which is not there"
    if parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].anchors:
        return "a place that is not there"
    return ""
