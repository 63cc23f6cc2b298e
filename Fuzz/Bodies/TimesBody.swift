// SPDX-License-Identifier: Apache-2.0

import HTTP
import Media
import Packaging
import Server
import Time

extension FuzzBody {
  /// Times in paths and in requests for spans: an instant is written again as itself, and spans are
  /// not empty.
  ///
  /// The first line is an instant, the name of a clip, a query, and a pair of times with `/to/`
  /// between them; further lines are the body of a request.
  static let times = FuzzBody(
    name: "times",
    sources: [
      "Media/InstantText.swift", "Server/Addresses/ClipName.swift",
      "Server/Addresses/PastAddress.swift",
      "Server/Control/SpanRequest.swift",
    ]
  ) { bytes in
    let line = bytes.prefix { $0 != UInt8(ascii: "\n") }
    let text = String(decoding: line, as: UTF8.self)
    let body = Array(bytes.dropFirst(line.count + 1))
    return instant(text) ?? clip(text) ?? span(text, body) ?? past(text)
  }

  private static func instant(_ text: String) -> String? {
    guard let time = InstantText.time(text), time >= .origin else { return nil }
    let written = InstantText.text(Int128(time.nanoseconds), timescale: 1_000_000_000)
    return InstantText.time(written) == time ? nil : "\(text) is written \(written)"
  }

  private static func clip(_ text: String) -> String? {
    do throws(RequestRefusal) {
      let clip = try ClipName(text)
      let length = clip.span.upperBound - clip.span.lowerBound
      return (.nanoseconds(1)...ClipName.maximumDuration).contains(length)
        ? nil : "a clip of \(length)"
    } catch { return error.reason.isEmpty ? "a refusal without a reason" : nil }
  }

  private static func span(_ text: String, _ body: [UInt8]) -> String? {
    guard let request = try? Request("GET", "/api/archive/live?" + text) else { return nil }
    do throws(RequestRefusal) {
      return try SpanRequest(request, body).span.isEmpty ? "an empty span" : nil
    } catch { return error.reason.isEmpty ? "a refusal without a reason" : nil }
  }

  private static func past(_ text: String) -> String? {
    let times = text.split(separator: "/to/", maxSplits: 1, omittingEmptySubsequences: false)
    let (from, to) = (String(times[0]), times.count > 1 ? String(times[1]) : nil)
    let now = WallTime.origin + .seconds(1_795_474_095)
    let names = MediaNames(.epoch, first: 1_795_155_720)
    let limits = PastLimits(dvr: .seconds(86_400), list: .seconds(7200))
    for rate in [FrameRate("30"), FrameRate("30000/1001")].compactMap(\.self) {
      let segmentation = Segmentation(
        rate: rate, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000)
      for isFollowed in [false, true] {
        guard
          let address = PastAddress(
            from: from, to: to, names, segmentation, now: now, isFollowed: isFollowed)
        else { continue }
        if let end = address.end, end <= address.first { return "an empty list" }
        let moved = address.from(1_795_155_720)
        if let end = moved.end, end <= moved.first { return "an empty list from the oldest" }
        let refusal = limits.refusal(
          address, now: now, isFollowed: isFollowed, names, segmentation)
        if refusal?.reason.isEmpty == true { return "a refusal without a reason" }
        // A redirect leads to an address that stays where it is.
        guard refusal == nil, address.first > 0 else { continue }
        let path = address.path(names).split(separator: "/")
        let again = PastAddress(
          from: String(path[1]), to: path.count > 3 ? String(path[3]) : nil, names, segmentation,
          now: now, isFollowed: isFollowed)
        if again != address { return "\(address.path(names)) is another address" }
      }
    }
    return nil
  }
}
