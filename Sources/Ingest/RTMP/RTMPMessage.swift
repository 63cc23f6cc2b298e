// SPDX-License-Identifier: Apache-2.0

/// A message of RTMP, assembled from chunks.
package struct RTMPMessage: Sendable, Equatable {
  /// The types of messages that this server knows.
  /// - Source: Adobe RTMP 1.0 §5.4, §7.1
  package enum Kind {
    /// Set Chunk Size.
    package static let chunkSize: UInt8 = 1
    /// Abort Message.
    package static let abort: UInt8 = 2
    /// Acknowledgement.
    package static let acknowledgement: UInt8 = 3
    /// User Control.
    package static let userControl: UInt8 = 4
    /// Window Acknowledgement Size.
    package static let windowSize: UInt8 = 5
    /// Set Peer Bandwidth.
    package static let bandwidth: UInt8 = 6
    /// An audio tag of FLV.
    package static let audio: UInt8 = 8
    /// A video tag of FLV.
    package static let video: UInt8 = 9
    /// Data in AMF 3.
    package static let data3: UInt8 = 15
    /// A command in AMF 3.
    package static let command3: UInt8 = 17
    /// Data in AMF 0.
    package static let data: UInt8 = 18
    /// A command in AMF 0.
    package static let command: UInt8 = 20
    /// Messages one after another.
    package static let aggregate: UInt8 = 22
  }

  /// The type.
  package let type: UInt8
  /// Milliseconds of the sender's clock, modulo 2^32.
  package internal(set) var timestamp: UInt32 = 0
  /// The message stream.
  package internal(set) var stream: UInt32 = 0
  /// The content.
  package var payload: [UInt8]

  /// Whether the message has audio, video or data beside them.
  var isMedia: Bool {
    switch type {
    case Kind.audio, Kind.video, Kind.data, Kind.data3, Kind.aggregate: true
    default: false
    }
  }
}
