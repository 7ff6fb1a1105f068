"""Every link inside a built site leads to a page and a place that exist; prints those that do not."""

import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    """The links of a page, and the places that links may lead to."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.places: set[str] = {""}
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, _: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in {"id", "name"} and value:
                self.places.add(value)
            elif name in {"href", "src"} and value:
                self.links.append(value)


def broken(site: Path) -> Iterator[str]:
    pages = {path.resolve(): Page(path) for path in site.rglob("*.html") if "_static" not in path.parts}
    for path, page in pages.items():
        for link in page.links:
            url = urlsplit(link)
            if url.scheme or url.netloc:
                continue
            target = (path.parent / unquote(url.path)).resolve() if url.path else path
            if not target.exists():
                yield f"{path.relative_to(site.resolve())}: {link}: no such file"
            elif target in pages and unquote(url.fragment) not in pages[target].places:
                yield f"{path.relative_to(site.resolve())}: {link}: no such place"


if __name__ == "__main__":
    wrong = sorted(set(broken(Path(sys.argv[1]))))
    print("\n".join(wrong) or "every link inside leads somewhere")
    sys.exit(bool(wrong))
