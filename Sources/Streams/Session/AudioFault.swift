// SPDX-License-Identifier: Apache-2.0

/// Why viewers hear silence although the source sends audio.
package enum AudioFault: UInt8, Sendable, CaseIterable {
  /// The packets of the source cannot be decoded.
  case undecodable = 1
  /// The source had no audio when the stream began.
  case late = 2

  /// The name in `/api`.
  package var name: String {
    switch self {
    case .undecodable: "undecodable"
    case .late: "late"
    }
  }

  /// The words for viewers.
  package var words: String {
    switch self {
    case .undecodable: "no sound: the audio of the source cannot be decoded"
    case .late: "no sound: the audio of the source began after the stream"
    }
  }
}
