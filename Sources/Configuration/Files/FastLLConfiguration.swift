// SPDX-License-Identifier: Apache-2.0

import Media

/// The keys of Fast-ll's `config.json` and `streams.json` that are not flags in camelCase, and its
/// defaults.
///
/// Most values are strings; numbers are accepted as well.
enum FastLLConfiguration {
  /// The defaults of Fast-ll for a stream.
  private static let defaults = [
    ("framerate", "24"), ("segment-duration", "1"), ("part-duration", "0.1"),
    ("intra-interval", "24"), ("target-latency", "0.5"),
  ]

  /// Takes the keys of `config.json`.
  ///
  /// - Throws: an error for the first wrong value.
  static func takeTop(_ reader: inout KeyReader) throws(UsageError) {
    let key = try reader.takeText("sslKeyFile", expected: "the path of a PEM file")
    let certificate = try reader.takeText("sslCertFile", expected: "the path of a PEM file")
    let port = reader.take("port")
    guard let key, let certificate else {
      if key != nil || certificate != nil {
        reader.warning(
          key != nil ? "sslKeyFile" : "sslCertFile",
          "HTTPS needs both sslKeyFile and sslCertFile; there is no HTTPS")
      }
      if let port { reader.add(port, "http-port", at: reader.location.key("port")) }
      return
    }
    reader.add(.string(key), "tls-key", at: reader.location.key("sslKeyFile"))
    reader.add(.string(certificate), "tls-cert", at: reader.location.key("sslCertFile"))
    guard let port else { return }
    // Fast-ll has one port: HTTP is off unless another key asks for it.
    reader.add(port, "https-port", at: reader.location.key("port"))
    if !reader.takePlainPort() {
      reader.add(.string("off"), "http-port", at: reader.location.key("port"))
    }
  }

  /// Takes the keys of an element of `streams.json`.
  ///
  /// - Returns: the defaults of an element with Fast-ll's key `type`; nothing for others.
  /// - Throws: an error for the first value that is wrong or missing.
  static func takeStream(_ reader: inout KeyReader) throws(UsageError) -> SettingsLayer {
    reader.take("targetFps", as: "framerate")
    reader.take("fragmentDuration", as: "part-duration")
    let kind = try reader.takeText("type", expected: "GEN or RTSP")
    let qualities = try FastLLRenditions.take(&reader, hasDefault: kind != nil)
    for (value, location) in qualities {
      reader.add(.string(value), "rendition", at: location)
    }
    switch kind {
    case nil: return SettingsLayer([])
    case "GEN":
      _ = reader.take("input")
      reader.add(.boolean(true), "test-src", at: reader.location.key("type"))
    case "RTSP":
      guard let input = try reader.takeText("input", expected: "an RTSP URL") else {
        throw UsageError(
          .location(reader.location.key("input")), .missingValue,
          expected: "an RTSP URL, since type is RTSP")
      }
      reader.add(.string(input), "input", at: reader.location.key("input"))
    case let other?:
      throw UsageError(
        .location(reader.location.key("type")), .value(other), expected: "GEN or RTSP")
    }
    var entries: [SettingsLayer.Entry] = []
    for (flag, value) in defaults {
      guard let option = Option.named(flag) else { continue }
      entries.append(try SettingsLayer.Entry(option, value, at: .fastLLDefault))
    }
    return SettingsLayer(entries)
  }
}

extension KeyReader {
  /// Takes `httpPort` over; false if it is absent.
  fileprivate mutating func takePlainPort() -> Bool {
    guard let value = take("httpPort") else { return false }
    add(value, "http-port", at: location.key("httpPort"))
    return true
  }
}
