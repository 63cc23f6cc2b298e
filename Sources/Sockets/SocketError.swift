// SPDX-License-Identifier: Apache-2.0

/// Why a message of a client was not obeyed: the members of an `error` message.
enum SocketError: Error, Equatable {
  case unknownChannel
  case unknownRendition
  case unknownFormat
  case unknownStart
  /// The sync group has an invalid name, or there are too many groups.
  case unknownGroup
  /// The stream on demand may not be started now, for this reason.
  case busy(String)
  case cannotStart
  /// The message is not a JSON object with a name; the connection ends.
  case malformed

  /// A name for programs.
  var code: String {
    switch self {
    case .unknownChannel: "unknown-channel"
    case .unknownRendition: "unknown-rendition"
    case .unknownFormat: "unknown-format"
    case .unknownStart: "unknown-start"
    case .unknownGroup: "unknown-group"
    case .busy: "busy"
    case .cannotStart: "cannot-start"
    case .malformed: "malformed"
    }
  }

  /// The reason for people.
  var text: String {
    switch self {
    case .unknownChannel: "no such channel on this socket"
    case .unknownRendition: "no such rendition"
    case .unknownFormat: "unknown format (expected fmp4 or raw)"
    case .unknownStart: "unknown start (expected live or key)"
    case .unknownGroup: "no such sync group (expected 1–64 letters, digits and . _ -)"
    case .busy(let reason): reason
    case .cannotStart: "the stream cannot start"
    case .malformed: "expected a JSON object with the member t"
    }
  }

  /// When to try again, in milliseconds; nil if that makes no sense.
  var retryMilliseconds: Int? {
    switch self {
    case .busy: 5000
    case .cannotStart: 1000
    default: nil
    }
  }

  /// Whether the connection ends.
  var isFatal: Bool { self == .malformed }
}
