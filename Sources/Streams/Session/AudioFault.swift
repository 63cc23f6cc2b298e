// SPDX-License-Identifier: Apache-2.0

/// Why viewers hear silence although the source has audio, or had some.
package enum AudioFault: UInt8, Sendable, CaseIterable {
  /// The packets of the source cannot be decoded.
  case undecodable = 1
  /// The source had no audio when the stream began.
  case late = 2
  /// The source sends no audio at present, or has none; its video goes on.
  case gone = 3
  /// The codec of a publisher's audio is not accepted.
  case unaccepted = 4
  /// A publisher sends audio without its decoder configuration.
  case undescribed = 5

  /// The largest raw value.
  static let largest = undescribed.rawValue

  /// The name in `/api`.
  package var name: String {
    switch self {
    case .undecodable: "undecodable"
    case .late: "late"
    case .gone: "gone"
    case .unaccepted: "unaccepted"
    case .undescribed: "undescribed"
    }
  }

  /// The words for viewers.
  package var words: String {
    switch self {
    case .undecodable: "no sound: the audio of the source cannot be decoded"
    case .late: "no sound: the audio of the source began after the stream"
    case .gone: "no sound: the source sends no audio at present"
    case .unaccepted: "no sound: the server does not accept the audio codec of the publisher"
    case .undescribed: "no sound: the publisher sends audio without its decoder configuration"
    }
  }
}
