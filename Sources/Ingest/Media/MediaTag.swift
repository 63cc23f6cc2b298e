// SPDX-License-Identifier: Apache-2.0

/// Media of a publisher: a tag of FLV without its header, bytes of a container, or a part of a CMAF
/// track.
package struct MediaTag: Sendable, Equatable {
  /// The kind of a tag, with the number that FLV gives it.
  package enum Kind: UInt8, Sendable {
    case audio = 8
    case video = 9
    /// Bytes of MPEG-TS or fragmented MP4; this number and the next are not of FLV.
    case container = 64
    /// A ``TrackConfiguration``.
    case videoTrack, audioTrack
    /// A ``TrackSample``.
    case videoSample, audioSample
    /// ``FLVMetadata``.
    case metadata
    /// ``FLVCuePoint``.
    case cuePoint
    /// A ``TrackText``.
    case text
    /// A ``TrackEvent``.
    case event
    /// The client in words for the log, such as `from 192.0.2.0 by RTMP`, before its media.
    case client
  }

  /// Audio, video, or bytes of a container.
  package let kind: Kind
  /// Milliseconds of the publisher's clock, modulo 2^32.
  package let timestamp: UInt32
  /// The content, from the header of the codec on.
  package let payload: [UInt8]

  /// A tag.
  package init(kind: Kind, timestamp: UInt32, payload: [UInt8]) {
    self.kind = kind
    self.timestamp = timestamp
    self.payload = payload
  }
}
