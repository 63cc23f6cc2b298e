// SPDX-License-Identifier: Apache-2.0

import Media

/// The keys of Fast-ll's `config.json` and `streams.json` that are not flags in camelCase, and its defaults.
///
/// Its values are strings for the most part; numbers are taken as well.
enum FastLL {
  /// What Fast-ll takes where a stream says nothing.
  private static let defaults = [
    ("framerate", "24"), ("segment-duration", "1"), ("part-duration", "0.1"),
    ("intra-interval", "24"), ("target-latency", "0.5"),
  ]

  /// Takes the keys of `config.json`.
  ///
  /// - Throws: a value that is not allowed.
  static func takeTop(_ reader: inout KeyReader) throws(UsageError) {
    let key = try reader.takeText("sslKeyFile", allowed: "the path of a PEM file")
    let certificate = try reader.takeText("sslCertFile", allowed: "the path of a PEM file")
    let port = reader.take("port")
    guard let key, let certificate else {
      if key != nil || certificate != nil {
        reader.warning(
          key != nil ? "sslKeyFile" : "sslCertFile",
          "takes both, sslKeyFile and sslCertFile; there is no HTTPS")
      }
      if let port { try reader.add(port, "http-port", at: reader.location.key("port")) }
      return
    }
    try reader.add(.string(key), "tls-key", at: reader.location.key("sslKeyFile"))
    try reader.add(.string(certificate), "tls-cert", at: reader.location.key("sslCertFile"))
    guard let port else { return }
    // One port, as there: no HTTP beside it, where nothing else asks for that.
    try reader.add(port, "https-port", at: reader.location.key("port"))
    if try reader.takePlainPort() == false {
      try reader.add(.string("off"), "http-port", at: reader.location.key("port"))
    }
  }

  /// Takes the keys of an element of `streams.json`.
  ///
  /// - Returns: the defaults of an element that is Fast-ll's; nothing for others.
  /// - Throws: a value that is not allowed, or is missing.
  static func takeStream(_ reader: inout KeyReader) throws(UsageError) -> SettingsLayer {
    try reader.take("targetFps", as: "framerate")
    try reader.take("fragmentDuration", as: "part-duration")
    for (key, what) in [
      ("serverSideRepresentationSwitching", "the choice of renditions by the server"),
      ("saveStats", "the saving of statistics"),
    ] where try reader.takeBoolean(key) == true {
      reader.warning(key, "\(what) is not yet in effect")
    }
    let kind = try reader.takeText("type", allowed: "GEN or RTSP")
    let isOurs = kind == nil
    let qualities = try takeQualities(&reader, isOurs: isOurs)
    for (value, location) in qualities {
      try reader.add(.string(value), "rendition", at: location)
    }
    switch kind {
    case nil: return SettingsLayer([])
    case "GEN":
      _ = reader.take("input")
      try reader.add(.boolean(true), "test-src", at: reader.location.key("type"))
    case "RTSP":
      guard let input = try reader.takeText("input", allowed: "an RTSP URL") else {
        throw UsageError(
          "\(reader.location.key("input")): is missing; allowed is an RTSP URL, since type is RTSP")
      }
      try reader.add(.string(input), "input", at: reader.location.key("input"))
    case let other?:
      throw UsageError(reader.location.key("type"), given: other, allowed: "GEN or RTSP")
    }
    return SettingsLayer(
      defaults.compactMap { flag, value in
        Option.table.first { $0.name == flag }
          .map { SettingsLayer.Entry(option: $0, value: value, location: "") }
      })
  }

  fileprivate struct Quality {
    var width: Int64 = 320
    var bitrate: Int64 = 300
    let location: String
  }

  /// The values of `--rendition`, the best first, and where they stand.
  private static func takeQualities(
    _ reader: inout KeyReader, isOurs: Bool
  ) throws(UsageError) -> [(value: String, location: String)] {
    // Those of the stream itself count where it has no list.
    var own = Quality(location: reader.location.key("qualities"))
    let hasOwn = try own.take(&reader)
    var found: [Quality] = []
    if let value = reader.take("qualities") {
      let location = KeyReader.Location(
        file: reader.location.file, path: reader.location.path + ".qualities", folder: "")
      var kinds = try KeyReader(value, at: location)
      if let video = kinds.take("video") {
        guard case .array(let values) = video else {
          throw UsageError(location.key("video"), given: video.word, allowed: "an array")
        }
        for (index, value) in values.enumerated() {
          let spot = KeyReader.Location(
            file: location.file, path: location.path + ".video[\(index)]", folder: "")
          var keys = try KeyReader(value, at: spot)
          var quality = Quality(location: spot.whole)
          _ = try quality.take(&keys)
          keys.finish()
          reader.add(warningsOf: keys)
          found.append(quality)
        }
      }
      kinds.finish()
      reader.add(warningsOf: kinds)
    }
    if found.isEmpty, !isOurs || hasOwn { found = [own] }
    return found.sorted { ($0.bitrate, $0.width) > ($1.bitrate, $1.width) }
      .map { ("\($0.width)@\($0.bitrate)", $0.location) }
  }
}

extension FastLL.Quality {
  /// Takes the two keys out; false where neither was given.
  fileprivate mutating func take(_ reader: inout KeyReader) throws(UsageError) -> Bool {
    let width = try reader.takeNumber("targetWidth", 64...7680, "an even width from 64 to 7680") {
      $0 % 2 == 0
    }
    let bitrate = try reader.takeNumber(
      "targetBitrate", 50...100_000, "kilobits a second, from 50 to 100000")
    self.width = width ?? self.width
    self.bitrate = bitrate ?? self.bitrate
    return width != nil || bitrate != nil
  }
}

extension KeyReader {
  /// Takes a whole number out.
  fileprivate mutating func takeNumber(
    _ key: String, _ range: ClosedRange<Int64>, _ allowed: String,
    where isRight: (Int64) -> Bool = { _ in true }
  ) throws(UsageError) -> Int64? {
    guard let text = try takeText(key, allowed: allowed) else { return nil }
    guard let number = Decimal.whole(text), range.contains(number), isRight(number) else {
      throw UsageError(location.key(key), given: text, allowed: allowed)
    }
    return number
  }

  /// Takes a boolean out, which may be a string.
  fileprivate mutating func takeBoolean(_ key: String) throws(UsageError) -> Bool? {
    guard let text = try takeText(key, allowed: "true or false") else { return nil }
    guard let value = Bool(text.lowercased()) else {
      throw UsageError(location.key(key), given: text, allowed: "true or false")
    }
    return value
  }

  /// Takes `httpPort` over where it is given; false where it is not.
  fileprivate mutating func takePlainPort() throws(UsageError) -> Bool {
    guard let value = take("httpPort") else { return false }
    try add(value, "http-port", at: location.key("httpPort"))
    return true
  }
}
