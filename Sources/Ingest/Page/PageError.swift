// SPDX-License-Identifier: Apache-2.0

/// Why the connection of a publisher page ends: the members of an `error` message, and the code of
/// the Close frame.
package enum PageError: Error, Sendable, Equatable, CustomStringConvertible {
  /// A message is malformed, or not permitted at this time.
  case malformed(String)
  /// No valid key or token.
  case key(String)
  /// Another publisher sends the stream.
  case busy
  /// A codec or a description is not accepted.
  case unsupported(String)
  /// A frame is not what its description or its flags say.
  case frame(String)
  /// The order of frames is not that of their presentation.
  case reordered
  /// A capture time is impossible.
  case clock(String)
  /// Too many frames, messages or bytes.
  case rate(String)
  /// Nothing arrived in time.
  case silent(String)
  /// Another publisher has replaced this one, or the stream was removed.
  case replaced

  /// A name for programs.
  package var code: String {
    switch self {
    case .malformed: "protocol"
    case .key: "bad-key"
    case .busy: "busy"
    case .unsupported: "unsupported"
    case .frame: "frame"
    case .reordered: "b-frames"
    case .clock: "clock"
    case .rate: "rate"
    case .silent: "silent"
    case .replaced: "replaced"
    }
  }

  /// The code of the Close frame: of the range for applications it is 4000 plus the HTTP status of
  /// that meaning.
  /// - Source: RFC 6455 §7.4.2
  package var closeCode: UInt16 {
    switch self {
    case .malformed, .frame, .reordered, .clock: 4400
    case .key: 4401
    case .silent: 4408
    case .busy: 4409
    case .replaced: 4410
    case .unsupported: 4415
    case .rate: 4429
    }
  }

  /// The time after which the client may try again, in milliseconds; nil if that makes no sense.
  package var retryMilliseconds: Int? {
    switch self {
    case .busy: 2000
    case .rate, .silent, .clock: 1000
    case .malformed, .key, .unsupported, .frame, .reordered, .replaced: nil
    }
  }

  package var description: String {
    switch self {
    case .malformed(let text), .key(let text), .unsupported(let text), .frame(let text),
      .clock(let text), .rate(let text), .silent(let text):
      text
    case .busy: "another publisher sends this stream"
    case .reordered: "frames are not in the order of their presentation (B-frames)"
    case .replaced: "another publisher has replaced this one, or the stream was removed"
    }
  }
}
