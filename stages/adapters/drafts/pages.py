"""The pages of a JSON endpoint, one after the other, through failures, up to a limit."""

import hashlib
import json
import logging
import os
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3
from omegaconf import DictConfig

from stages.domain.errors import UserError

_PASSING = (429, 500, 502, 503, 504)  # faults that may be gone the next time
_LONGEST_WAIT = 120  # seconds between two tries, whatever the server asks for


def records(source: DictConfig) -> Iterator[list[Any]]:
    """Yield the records of each page; numbers in them are texts, as they were written.

    `source` is as conf/source/http.yaml says. A page without records is the end; so is 404 after
    the first page. Raises UserError, without a word of the records, for an answer that is none, a
    page that came before, and for more pages than allowed.
    """
    headers = {name: _from_environment(name, key) for name, key in source.headers.items()}
    paging, seen = source.paging, set()
    address, at = source.url, paging.first
    with _connections(source) as http:
        for page in range(1, paging.most + 2):
            query = dict(source.query) if paging.by != "next" or page == 1 else {}
            if paging.by != "next":
                query[paging.parameter] = at
            answer = _get(http, address, query, headers, page)
            found = [] if answer is None else _in(answer, source.records, "source.records")
            if not isinstance(found, list):
                raise UserError(f"source.records={source.records}: there is no list of records")
            if not found:
                return
            content = hashlib.sha256(json.dumps(found).encode()).digest()
            if content in seen and paging.most == 1:  # all that there is, however it is asked
                return
            if page > paging.most:
                raise UserError(f"there are more than source.paging.most={paging.most} pages")
            if content in seen:
                raise UserError(
                    f"page {page} repeats one before it: does the server know "
                    f"source.paging.parameter={paging.parameter}?"
                )
            seen.add(content)
            yield found
            if paging.by == "next":
                following = _in(answer, paging.next, "source.paging.next") if paging.next else None
                if not following:
                    return
                if not isinstance(following, str):
                    raise UserError(f"source.paging.next={paging.next}: there is no address")
                address = _same_host(source.url, address, following)
            at += 1 if paging.by == "page" else len(found)


def _connections(source: DictConfig) -> urllib3.PoolManager:
    """Connections to the server, through the environment's proxy if there is one."""
    # Its warnings hold whole addresses, in which a query may name a customer or a secret.
    logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)
    retries = urllib3.Retry(
        total=source.retries,
        redirect=False,  # the headers are for this server alone
        status_forcelist=_PASSING,
        backoff_factor=0.5,
        backoff_max=_LONGEST_WAIT,
        retry_after_max=_LONGEST_WAIT,
        raise_on_status=False,
    )
    try:
        server = urlsplit(source.url)
    except ValueError as error:
        raise UserError(f"source.url={source.url} is no address") from error
    proxy = None if proxy_bypass(server.hostname or "") else getproxies().get(server.scheme)
    if proxy:
        return urllib3.ProxyManager(proxy, retries=retries, timeout=source.timeout)
    return urllib3.PoolManager(retries=retries, timeout=source.timeout)


def place(url: str) -> str:
    """The address as messages name it: what a query holds may be secret."""
    return urlsplit(url)._replace(query="").geturl()


def _get(
    http: urllib3.PoolManager, url: str, query: dict[str, Any], headers: dict[str, str], page: int
) -> Any:
    """The answer as JSON; None where there is no such page."""
    asked = f"{url}{'&' if '?' in url else '?'}{urlencode(query)}" if query else url
    where = f"page {page} of {place(url)}"
    try:
        response = http.request("GET", asked, headers=headers, redirect=False)
    except urllib3.exceptions.HTTPError as error:
        raise UserError(f"{where} does not come ({type(error).__name__}); run it again") from error
    if response.status == 404 and page > 1:
        return None
    if response.status != 200:
        raise UserError(f"{where}: the server answered {response.status}")
    try:
        return json.loads(response.data, parse_float=str, parse_int=str)
    except ValueError as error:
        raise UserError(f"{where} is no JSON") from error


def _in(content: Any, path: str | None, key: str) -> Any:
    """What `content` has at `path`, names with points between them."""
    for name in path.split(".") if path else []:
        if not isinstance(content, dict) or name not in content:
            has = f"has {len(content)} other fields" if isinstance(content, dict) else "is a list"
            raise UserError(f"{key}={path}: there is no {name} in the answer, which {has}")
        content = content[name]
    return content


def _same_host(url: str, address: str, following: str) -> str:
    """The next page's whole address; UserError where the headers would go to another server."""
    try:
        whole = urljoin(address, following)
    except ValueError as error:
        raise UserError("the address of the next page is none") from error
    if urlsplit(whole)[:2] != urlsplit(url)[:2]:
        raise UserError(f"the next page is on another server: {urlsplit(whole).netloc}")
    return whole


def _from_environment(header: str, variable: str) -> str:
    value = os.environ.get(variable, "").strip()  # files of secrets end their line
    if not value:
        raise UserError(f"source.headers.{header}: set {variable} in the environment")
    if not (value.isascii() and value.isprintable()):  # what refuses it would show it
        raise UserError(f"source.headers.{header}: {variable} holds signs that no header may have")
    return value
