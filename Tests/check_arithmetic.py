# SPDX-License-Identifier: Apache-2.0
"""Lists arithmetic in files with foreign data that can trap, or wrap, without a stated reason.

Files, packets, heads, requests, devices and settings reach the files of FOREIGN. There, each of

- a conversion of a floating value to an integer, other than `clamping:` or `exactly:`,
- a wrapping operator (`&+`, `&-`, `&*`),
- a product, other than of literals, of 128-bit or of floating values,
- a division by a value, or its remainder, other than of 128-bit or of floating values
- a subscript of bytes with a computed index or a range

has its reason in a comment `// bounded: …`, on its line or above it; a comment above several such
lines without others between them is for all of them. Prints one line per fault; exits with 1 if
there is one. The vocabulary without a reason is in Sources/Checked and Sources/Time.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

SOURCES = Path(__file__).resolve().parent.parent / "Sources"
FOREIGN = (
    "Capture/Inputs/*.swift", "Capture/Codecs/A*.swift", "Checked/BitReader.swift",
    "Capture/Codecs/Dolby*.swift", "Capture/Codecs/FLAC*.swift", "Capture/Codecs/VP9*.swift",
    "Capture/Codecs/NALSplitter.swift", "Capture/Codecs/ParameterSet*.swift",
    "Capture/Codecs/PassThroughCodec.swift", "Capture/Codecs/Rotation*.swift",
    "Capture/Codecs/SampleAspect.swift", "Access/*/*.swift", "Encryption/*.swift",
    "Encryption/*/*.swift", "Events/*/*.swift", "Metadata/*.swift", "Metadata/*/*.swift",
    "Capture/Codecs/SwrHandle.swift", "Capture/Devices/AudioDevice.swift",
    "Capture/Devices/CameraBuffers.swift", "CMAF/*.swift",
    "Checked/*.swift", "Configuration/Files/*.swift", "Configuration/Options/*.swift",
    "HTTP/Body/*.swift", "HTTP/Client/*.swift", "HTTP/Server/*.swift", "HTTP/HTTP1/*.swift",
    "HTTP/HTTP2/*.swift", "HTTP/Message/*.swift", "HTTP/WebSocket/*.swift",
    "HTTP/Connections/*.swift", "HTTP/Limits/*.swift",
    "HLSPackager/BlockingReload.swift",
    "Server/Addresses/*.swift", "Server/Control/*.swift", "Server/Instants/*.swift",
    "Server/Routing/*.swift",
    "Sockets/*.swift", "Switching/*.swift", "Statistics/MetricLines.swift",
    "Statistics/Delivery/*.swift", "Statistics/Viewers/*.swift", "Streams/Input/*.swift",
    "Server/Feed/*.swift", "Streams/Upstream/*.swift",
    "Streams/PassThrough/*.swift", "Streams/Isolation/*.swift", "Streams/Audio/*.swift",
    "Streams/Pipelines/*.swift", "Streams/Session/AudioQueue.swift",
    "Streams/Session/CopiedAudioFormat.swift", "Streams/Session/SourceFacts.swift",
    "Scheduling/*.swift", "Media/*.swift",
    "Validation/*/*.swift", "XML/*.swift", "Packaging/*/*.swift",
    "Archive/*.swift", "Archive/*/*.swift", "ChunkStream/*.swift", "Ingest/*/*.swift",
    "Publishing/*.swift", "Publishing/*/*.swift",
    "Isolation/*.swift", "Net/*/*.swift", "System/*.swift", "Time/*.swift",
)
REASON = re.compile(r"// bounded: \S")
TEXT = re.compile(r'"(?:\\.|[^"\\])*"')
CONVERSION = re.compile(r"\bU?Int(?:8|16|32|64)?\((?!clamping:|exactly:)(.*)")
FLOATING = re.compile(r"\b(?:Double|Float)\b|\.rounded\(|squareRoot|\b\d+\.\d|\b\d+e\d")
WRAPPING = re.compile(r"&[-+*]")
PRODUCT = re.compile(r"(\S+) \*=? (\S+)")
SAFE_PRODUCT = re.compile(r"Int128|\bDouble\b|\bFloat\b|ReportingOverflow|\b\d+\.\d|\b\d+e\d")
DIVISION = re.compile(
    r"\s[/%]=? (\S+)|quotientAndRemainder\(dividingBy: (\S+)|isMultiple\(of: (\S+)")
# Literals, bounds above 0, and constants of types.
SAFE_DIVISOR = re.compile(
    r"[(]*[\d_.]+(?:\D|$)|max\(1|[A-Z]\w*\.\w+[),]*$|Int\d*\([A-Z]\w*\.\w+")
SAFE_DIVISION = re.compile(r"Int128|\bDouble\b|squareRoot|static func /")
LITERAL = re.compile(r"[(]*[\d_]+[),]*$")
SUBSCRIPT = re.compile(
    r"\b(?:bytes|buffer|configuration|data|digits|extradata|head|line|packet|payload|self|set|sets"
    r"|sps|whole)\[(?!\$?\w+(?:\.\w+)*\])")


def faults(line: str) -> Iterator[str]:
    """What needs a reason in a line of code without comment and texts."""
    if (found := CONVERSION.search(line)) and FLOATING.search(found.group(1)):
        yield "conversion of a floating value"
    if WRAPPING.search(line):
        yield "wrapping operator"
    if not SAFE_PRODUCT.search(line):
        if any(not (LITERAL.match(a) and LITERAL.match(b)) for a, b in PRODUCT.findall(line)):
            yield "product"
    if not SAFE_DIVISION.search(line):
        divisors = ["".join(found) for found in DIVISION.findall(line)]
        if any(not SAFE_DIVISOR.match(divisor) for divisor in divisors):
            yield "division"
    if SUBSCRIPT.search(line):
        yield "subscript"


def check(path: Path) -> Iterator[str]:
    """The faults of a file."""
    has_reason = False
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if REASON.search(line):
            has_reason = True
        code = TEXT.sub('""', line).split("//")[0].rstrip()
        found = list(faults(code))
        for fault in found if not has_reason else ():
            yield f"{path.relative_to(SOURCES.parent)}:{number}: {fault} without `// bounded: …`"
        # A comment above is for the lines that follow it, up to the first that needs none.
        if not found and code.strip():
            has_reason = False


def main() -> int:
    """Prints the faults of all files."""
    unmatched = [pattern for pattern in FOREIGN if not any(SOURCES.glob(pattern))]
    paths = sorted({path for pattern in FOREIGN for path in SOURCES.glob(pattern)})
    found = [f"{pattern}: no such file" for pattern in unmatched]
    found += [fault for path in paths for fault in check(path)]
    for fault in found:
        print(fault)
    print(f"{len(paths)} files with foreign data, {len(found)} faults of arithmetic")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
