// SPDX-License-Identifier: Apache-2.0

import Media

/// A rendition as Fast-ll describes it: `targetWidth` and `targetBitrate`.
struct FastLLRenditions {
  private var width: Int64 = 320
  private var bitrate: Int64 = 300
  private let location: SettingLocation

  private init(location: SettingLocation) { self.location = location }

  /// Takes `qualities` and the two keys of a stream element out.
  ///
  /// - Parameters:
  ///   - reader: the keys of the element.
  ///   - hasDefault: whether an element without qualities has Fast-ll's default rendition.
  /// - Returns: the values of `--rendition` with their locations, the best first.
  /// - Throws: an error for the first wrong value.
  static func take(
    _ reader: inout KeyReader, hasDefault: Bool
  ) throws(UsageError) -> [(value: String, location: SettingLocation)] {
    // The two keys of the stream count if it has no list.
    var own = FastLLRenditions(location: reader.location.key("qualities"))
    let hasOwn = try own.take(&reader)
    var found = try list(&reader)
    if found.isEmpty, hasDefault || hasOwn { found = [own] }
    return found.sorted { ($0.bitrate, $0.width) > ($1.bitrate, $1.width) }
      .map { ("\($0.width)@\($0.bitrate)", $0.location) }
  }

  private static func list(_ reader: inout KeyReader) throws(UsageError) -> [FastLLRenditions] {
    guard let value = reader.take("qualities") else { return [] }
    var kinds = try reader.inner(value, "qualities")
    // Fast-ll has the key, and no audio.
    if case .array(let tracks)? = kinds.peek("audio"), tracks.isEmpty { _ = kinds.take("audio") }
    var found: [FastLLRenditions] = []
    if let video = kinds.take("video") {
      guard case .array(let values) = video else {
        throw UsageError(
          .location(kinds.location.key("video")), .value(video.summary), expected: "an array")
      }
      for (index, value) in values.enumerated() {
        var keys = try kinds.inner(value, "video[\(index)]")
        var quality = FastLLRenditions(location: keys.location.whole)
        _ = try quality.take(&keys)
        reader.finish(keys)
        found.append(quality)
      }
    }
    reader.finish(kinds)
    return found
  }

  /// Takes the two keys out; false if both are absent.
  private mutating func take(_ reader: inout KeyReader) throws(UsageError) -> Bool {
    let width = try reader.takeNumber("targetWidth", 64...7680, "an even width, 64–7680") {
      $0 % 2 == 0
    }
    let bitrate = try reader.takeNumber(
      "targetBitrate", 50...100_000, "50–100000 kilobits per second")
    self.width = width ?? self.width
    self.bitrate = bitrate ?? self.bitrate
    return width != nil || bitrate != nil
  }
}

extension KeyReader {
  /// Takes a whole number out.
  fileprivate mutating func takeNumber(
    _ key: String, _ range: ClosedRange<Int64>, _ expected: OptionText,
    where isValid: (Int64) -> Bool = { _ in true }
  ) throws(UsageError) -> Int64? {
    guard let text = try takeText(key, expected: expected) else { return nil }
    guard let number = Decimal.whole(text), range.contains(number), isValid(number) else {
      throw UsageError(.location(location.key(key)), .value(text), expected: expected)
    }
    return number
  }
}
