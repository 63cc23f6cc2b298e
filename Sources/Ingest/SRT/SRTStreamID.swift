// SPDX-License-Identifier: Apache-2.0

/// The stream ID of an SRT caller that publishes: plain, as in `live/key`, or in the form of access
/// control, as in `#!::r=live,m=publish,s=key`.
///
/// Devices that can only send have their own form. It may contain a key: it is never printed.
/// - Source: SRT Access Control (Stream ID) Guidelines, "Standard keys" and "Examples"
package struct SRTStreamID: Sendable, Equatable {
  /// The longest stream ID, in bytes: `SRTO_STREAMID`.
  package static let longest = 512

  private static let prefix = Array("#!".utf8)
  private static let flatForm = Array("::".utf8)

  /// The resource, and then the key.
  package let path: PublisherPath

  /// Reads a stream ID.
  ///
  /// - Throws: why the caller cannot publish with it.
  package init(_ bytes: [UInt8]) throws(SRTStreamIDError) {
    guard !bytes.isEmpty else { throw .empty }
    guard bytes.count <= Self.longest, bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }),
      let text = String(validating: bytes, as: UTF8.self)
    else { throw .malformed }
    guard bytes.starts(with: Self.prefix) else {
      path = try Self.path(text, key: "")
      return
    }
    let content = bytes.dropFirst(Self.prefix.count)
    // The nested form, `#!:{`, has no use for one resource.
    guard content.starts(with: Self.flatForm) else { throw .malformed }
    let values = try Self.values(of: text.utf8.dropFirst(Self.prefix.count + Self.flatForm.count))
    guard values["t", default: "stream"] == "stream" else { throw .type }
    // Without a mode the caller wants to receive, unless it is a device that can only send.
    let isDevice = Self.isDevice(values)
    guard values["m", default: isDevice ? "publish" : "request"] == "publish" else { throw .mode }
    let user = isDevice ? values["u", default: ""] : ""
    let key = values["s", default: values["r"] == nil ? "" : user]
    path = try Self.path(values["r", default: user], key: key)
  }

  /// Whether the stream ID is that of a device that can only send: it has a key of its vendor, and
  /// the user where others have the resource.
  ///
  /// - Source: stream IDs of Blackmagic Design's Web Presenter and ATEM Mini, as users report them:
  ///   `#!::bmd_uuid=…,bmd_name=…,u=` and the text that the operator enters; no document is public
  private static func isDevice(_ values: [String: String]) -> Bool {
    values.keys.contains { $0.hasPrefix("bmd_") }
      || values["r"] == nil && values["u"] != nil && values.keys.contains { $0.contains("_") }
  }

  /// The values by their keys; only standard keys, of one letter, are of interest.
  private static func values(
    of text: Substring.UTF8View
  ) throws(SRTStreamIDError) -> [String: String] {
    var values: [String: String] = [:]
    var isInName = false
    for pair in text.split(separator: UInt8(ascii: ",")) {
      guard let sign = pair.firstIndex(of: UInt8(ascii: "=")), sign != pair.startIndex else {
        // The name of a device may have commas.
        if isInName { continue }
        throw .malformed
      }
      let key = String(Substring(pair[..<sign]))
      let value = String(Substring(pair[pair.index(after: sign)...]))
      isInName = key == "bmd_name"
      // Of two keys another reader might believe the other one.
      guard values.updateValue(value, forKey: key) == nil else { throw .malformed }
    }
    return values
  }

  private static func path(
    _ resource: String, key: String
  ) throws(SRTStreamIDError) -> PublisherPath {
    guard let stream = PublisherPath(application: resource, name: ""),
      let path = PublisherPath(application: resource, name: key)
    else { throw .malformed }
    // Without a resource the key would be the name.
    guard !stream.path.isEmpty else { throw .empty }
    return path
  }
}

/// Why a caller cannot publish with its stream ID.
package enum SRTStreamIDError: Error, Sendable, Equatable, CustomStringConvertible {
  /// No stream is named.
  case empty
  case malformed
  /// The caller does not want to publish.
  case mode
  /// The caller does not send a stream.
  case type

  package var description: String {
    switch self {
    case .empty: "the stream ID names no stream (expected STREAM or STREAM/KEY)"
    case .malformed:
      "invalid stream ID (expected STREAM/KEY or #!::r=STREAM,m=publish,s=KEY)"
    case .mode: "the stream ID has no m=publish, and callers cannot receive"
    case .type: "the stream ID has another type than t=stream"
    }
  }
}
