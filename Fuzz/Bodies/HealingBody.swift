// SPDX-License-Identifier: Apache-2.0

import Archive
import CMAF
import Media
import Packaging
import Time

extension FuzzBody {
  /// Answers of a twin, and marks of an object store: a playlist is read as it was written, a
  /// segment belongs to its number only, and a mark is read as it was written.
  static let healing = FuzzBody(
    name: "healing",
    sources: [
      "Archive/Healing/TwinPlaylist.swift", "Archive/Format/HealedSegment.swift",
      "Archive/Objects/HourMark.swift", "Archive/Objects/NumberSpans.swift",
    ]
  ) { bytes in
    let text = String(decoding: bytes, as: UTF8.self)
    return playlist(text) ?? mark(text) ?? segment(bytes)
  }

  private static func playlist(_ text: String) -> String? {
    let playlist = TwinPlaylist(text)
    var lines = ["#EXTM3U"]
    for (number, entry) in playlist.entries.sorted(by: { $0.key < $1.key }) {
      guard SegmentMark.numbers.contains(number) else { return "number \(number)" }
      guard HourName.isHash(entry.headerHash[...]) else { return "hash \(entry.headerHash)" }
      if entry.startsDiscontinuity { lines.append("#EXT-X-DISCONTINUITY") }
      lines.append("#EXT-X-MAP:URI=\"init-\(entry.headerHash).mp4\"")
      lines.append("segment\(number).m4s")
    }
    let again = TwinPlaylist(lines.joined(separator: "\n"))
    return again == playlist ? nil : "\(again.entries.count) of \(playlist.entries.count) segments"
  }

  private static func mark(_ text: String) -> String? {
    guard let mark = HourMark(text) else { return nil }
    guard HourMark(mark.text) == mark else { return "another mark: \(mark.text)" }
    let spans = mark.spans.spans
    for (span, next) in zip(spans, spans.dropFirst())
    where span.numbers.upperBound + 1 >= next.numbers.lowerBound {
      return "\(span.numbers) touches \(next.numbers)"
    }
    // A removal divides the numbers: each is removed, or it stays.
    guard let first = spans.first, let last = spans.last, first.start < last.end else { return nil }
    let middle = first.start + Interval(nanoseconds: (last.end - first.start).nanoseconds / 3)
    var left = mark.spans
    let removed = left.remove(in: min(first.start, middle)..<max(first.start, middle))
    let all = count(spans.map(\.numbers))
    let found = count(left.spans.map(\.numbers)) + count(removed)
    guard found == all else { return "\(found) of \(all) numbers after a removal" }
    for numbers in removed where left.contains(numbers.lowerBound) {
      return "\(numbers.lowerBound) is removed, and stays"
    }
    return nil
  }

  private static func count(_ ranges: [ClosedRange<Int64>]) -> Int128 {
    ranges.reduce(0) { $0 + Int128($1.upperBound) - Int128($1.lowerBound) + 1 }
  }

  /// A CMAF header, and a segment from the first `styp` on.
  private static func segment(_ bytes: [UInt8]) -> String? {
    guard let start = position(of: "styp", in: bytes).map({ $0 - 4 }), start > 0 else { return nil }
    let (header, media) = (Array(bytes[..<start]), Array(bytes[start...]))
    let segmentation = TrackSegmentation.video(
      Segmentation(rate: .thirty, segmentMicroseconds: 200_000, partMicroseconds: 100_000))
    let hash = TrackDescription.hash(of: header)
    _ = try? HealedSegment.check(header: header, hash: hash, segmentation)
    for other in ["00000000", ""] where other != hash {
      if (try? HealedSegment.check(header: header, hash: other, segmentation)) != nil {
        return "a header with another hash than \(other)"
      }
    }
    guard let time = position(of: "tfdt", in: media), time + 16 <= media.count else { return nil }
    let decode = media[(time + 8)..<(time + 16)].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    let number = segmentation.segment(
      of: Int64(clamping: decode) / segmentation.ticksPerFrame + segmentation.frames(in: 0) / 2)
    func read(_ number: Int64, _ bytes: [UInt8]) -> HealedSegment? {
      try? HealedSegment(number, bytes, header: header, segmentation, startsDiscontinuity: false)
    }
    guard let found = read(number, media) else { return nil }
    guard found.bytes == media, found.number == number, found.duration > 0 else {
      return "a segment of \(found.duration) ticks"
    }
    for other in [number - 2, number + 2] where read(other, media) != nil {
      return "a segment of \(number) as \(other)"
    }
    if read(number, media + media) != nil { return "two segments as one" }
    if read(number, Array(media.dropLast())) != nil { return "a segment without its end" }
    return nil
  }

  private static func position(of box: String, in bytes: [UInt8]) -> Int? {
    let type = Array(box.utf8)
    guard bytes.count >= type.count else { return nil }
    return (0...(bytes.count - type.count)).first { bytes[$0..<($0 + 4)].elementsEqual(type) }
  }
}
