#!/usr/bin/python3
"""Holds the layers: which folder may include whose headers, and what core/ may ask of the system. It reads sources and
one archive's symbols; it never builds.

usage: layering.py [--root FOLDER] [--core-archive libah_core.a]
Prints a line FILE:LINE: what, for each breach. Exit code 0: none; 1: some; 2: nothing was checked."""

import argparse
import pathlib
import re
import subprocess
import sys

FOLDERS = ("core", "mib", "probes", "agentx", "daemon")

# Per folder: the folders whose headers it may include, and the libraries, by how their headers' names begin. A header of
# the C library needs no entry.
ALLOWED = {
    "core": ({"core"}, ()),
    "mib": ({"mib"}, ()),
    "probes": ({"core", "probes"},
               ("curl/", "gssapi/", "libxml/", "jansson", "jwt", "openssl/", "event2/", "iniparser", "dictionary")),
    "agentx": ({"core", "mib", "agentx"}, ("net-snmp/",)),
    "daemon": (set(FOLDERS),
               ("curl/", "event2/", "iniparser", "dictionary", "sqlite3", "csv.h", "libsmartcols/", "jansson", "systemd/")),
}
GENERATED = {"ah_mib.h": "mib", "ah_mib_text.h": "mib", "version.h": "daemon"}

# What libraries install, so that a header that is no one's of ours is known to be a library's.
LIBRARIES = ("curl/", "gssapi/", "libxml/", "jansson", "jwt", "openssl/", "event2/", "event", "iniparser", "dictionary", "net-snmp/",
             "sqlite3", "csv.h", "libsmartcols/", "systemd/", "cmocka")

# core/ is handed the time, and does nothing that others can see.
FORBIDDEN = re.compile(
    r"^(time|clock|clock_\w+|gettimeofday|localtime\w*|gmtime\w*|nanosleep|u?sleep|timer\w*|alarm"
    r"|socket|connect|bind|listen|accept4?|send\w*|recv\w*|poll|ppoll|p?select|epoll_\w+|eventfd\w*|pipe2?"
    r"|getaddrinfo|gethostby\w+|open(at)?(64)?|creat(64)?|fopen(64)?|fdopen|freopen(64)?|read|write|pread\w*|pwrite\w*"
    r"|unlink\w*|rename\w*|mkdir\w*|stat(64)?|fstat\w*|opendir|printf|fprintf|vprintf|vfprintf|puts|fputs|putchar"
    r"|fwrite|perror|__printf_chk|__fprintf_chk|__vprintf_chk|__vfprintf_chk|v?syslog|__v?syslog_chk|openlog"
    r"|pthread_\w+|thrd_\w+|mtx_\w+|cnd_\w+|fork|vfork|exec\w+|posix_spawn\w*|system|popen|getenv|secure_getenv)$")

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def owner_of(root, source, bracket, header):
    """The folder of ours that a header belongs to, or None."""
    if header in GENERATED:
        return GENERATED[header]
    first = header.split("/")[0]
    if first in FOLDERS and (root / header).is_file():
        return first
    if bracket == '"' and (source.parent / header).is_file():
        found = (source.parent / header).resolve().relative_to(root.resolve())
        return found.parts[0]
    for folder in FOLDERS:  # by a private include path
        if bracket == '"' and (root / folder / header).is_file():
            return folder
    return None


def breach(root, folder, source, bracket, header):
    """What is wrong with an #include, or None."""
    folders, libraries = ALLOWED[folder]
    owner = owner_of(root, source, bracket, header)
    if owner:
        return None if owner in folders else f"{folder}/ must not include {owner}/ ({header})"
    if header.startswith(LIBRARIES):
        return None if header.startswith(libraries) else f"{folder}/ must not include the library header {header}"
    return None if bracket == "<" else f"{header}: whose header is this?"


def check_includes(root):
    """(files read, breaches)"""
    breaches, files = [], 0
    for folder in FOLDERS:
        for source in sorted([*(root / folder).glob("**/*.[ch]"), *(root / folder).glob("**/*.def")]):
            files += 1
            for number, line in enumerate(source.read_text(encoding="utf-8").splitlines(), 1):
                match = INCLUDE.match(line)
                what = match and breach(root, folder, source, *match.groups())
                if what:
                    breaches.append(f"{source.relative_to(root)}:{number}: {what}")
    return files, breaches


def check_symbols(archive):
    """(symbols read, breaches)"""
    listing = subprocess.run(["nm", "-A", "--undefined-only", "--format=posix", archive], check=True, text=True,
                             capture_output=True).stdout
    breaches, symbols = [], 0
    for line in listing.splitlines():
        place, _, rest = line.partition(": ")
        symbol = rest.split()[0].split("@")[0] if rest else ""
        symbols += bool(symbol)
        if FORBIDDEN.match(symbol):
            breaches.append(f"{place}: core/ must not call {symbol}()")
    return symbols, breaches


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[1])
    parser.add_argument("--core-archive", type=pathlib.Path)
    options = parser.parse_args()
    checked, breaches = check_includes(options.root)
    if options.core_archive:
        symbols, more = check_symbols(options.core_archive)
        breaches += more
        checked = checked if symbols else 0
    for line in breaches:
        print(line)
    if not checked:
        print(f"nothing to check below {options.root}")
        return 2
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
