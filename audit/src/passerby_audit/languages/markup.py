"""Vue and Svelte single files and HTML: their scripts, at the places where they stand.

What is no script is blanked out rather than cut away, so that offsets, lines and columns stay true. Handlers in a
template (`@click="…"`, `onclick="…"`) are scripts too, and a tag that speaks of a logout is an element.
"""

from __future__ import annotations

import re
from functools import cache

import tree_sitter_html
from tree_sitter import Node as Tree
from tree_sitter import Parser

from passerby_audit.languages import javascript
from passerby_audit.languages.grammar import parser_of
from passerby_audit.syntax import Element, Entry, Evaluate, Literal, Module, Node

_HANDLER = re.compile(rb"^(@|v-on:|on:?)[\w.:-]+$")
_IDENTITY = re.compile(rb"FS\b|fullstory|log_?out|sign_?out|anonymi", re.IGNORECASE)


@cache
def parser() -> Parser:
    return parser_of(tree_sitter_html.language())


def lower(text: bytes) -> Module:
    """The syntax of the scripts of a page or a component."""
    spans, dialect, links = _scripts(text)
    kept = bytearray(re.sub(rb"[^\n]", b" ", text))
    for start, end in spans:
        kept[start:end] = text[start:end]
        if end < len(kept) and kept[end : end + 1] == b" ":
            kept[end : end + 1] = b";"
    module = javascript.lower(bytes(kept), dialect)
    module.body.extend(links)
    return module


def _scripts(text: bytes) -> tuple[list[tuple[int, int]], str, list[Node]]:
    spans: list[tuple[int, int]] = []
    links: list[Node] = []
    script = javascript.Script(text)
    dialect = "javascript"
    stack: list[Tree] = [parser().parse(text).root_node]
    while stack:
        node = stack.pop()
        if node.type == "script_element":
            opening = next((c for c in node.children if c.type == "start_tag"), None)
            raw = next((c for c in node.children if c.type == "raw_text"), None)
            said = b"" if opening is None else text[opening.start_byte : opening.end_byte]
            if raw is None or re.search(rb"type=[\"'](application/(ld\+)?json|text/(template|x-|html))", said):
                continue
            if re.search(rb"lang=[\"']?tsx", said):
                dialect = "tsx"
            elif re.search(rb"lang=[\"']?ts", said):
                dialect = "typescript"
            spans.append((raw.start_byte, raw.end_byte))
        elif node.type == "attribute":
            span = _handler(node, text)
            if span is not None:
                spans.append(span)
        elif node.type not in ("style_element", "text", "comment"):
            if node.type in ("start_tag", "self_closing_tag") and _IDENTITY.search(
                text, node.start_byte, node.end_byte
            ):
                links.append(_element(node, script))
            stack.extend(node.children)
    links.sort(key=lambda node: node.span.start)
    return sorted(spans), dialect, links


def _element(tag: Tree, script: javascript.Script) -> Node:
    """A tag with its plain attributes; what a template language computes is not read."""
    name = next((script.word(c) for c in tag.children if c.type == "tag_name"), "")
    attributes: list[Entry] = []
    for child in tag.children:
        if child.type != "attribute" or not child.named_children:
            continue
        key, *values = child.named_children
        value = script.word(values[0]).strip("'\"") if values else ""
        attributes.append(Entry(script.span(child), script.word(key), Literal(script.span(child), "string", value)))
    span = script.span(tag)
    return Evaluate(span, Element(span, name, attributes, []))


def _handler(node: Tree, text: bytes) -> tuple[int, int] | None:
    """The script in a handler attribute, when it speaks of identity; a bare name is left to the component."""
    name = next((c for c in node.children if c.type == "attribute_name"), None)
    if name is None or not _HANDLER.match(text[name.start_byte : name.end_byte]):
        return None
    quoted = next((c for c in node.children if c.type == "quoted_attribute_value"), None)
    value = None if quoted is None else next((c for c in quoted.children if c.type == "attribute_value"), None)
    if value is None:
        return None
    script = text[value.start_byte : value.end_byte]
    if b"(" not in script or not _IDENTITY.search(script) or b"=>" in script or b"{" in script:
        return None
    return value.start_byte, value.end_byte
