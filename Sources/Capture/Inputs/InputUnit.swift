// SPDX-License-Identifier: Apache-2.0

package import Media
package import Time

/// An access unit, an audio packet or metadata of an input, with its times.
package enum InputUnit: Sendable {
  /// An access unit.
  case video(AccessUnit)
  /// One or more coded audio frames.
  case audio(AudioPacket)
  /// Metadata, which takes no part in the timing of media.
  case metadata(MetadataPacket)
}

/// An access unit as received.
package struct AccessUnit: Sendable {
  /// The coded frame.
  ///
  /// H.264 and HEVC: NAL units, each after its length in four bytes, without delimiters and
  /// parameter sets; see ``sample(of:)``. Other codecs: as in the container.
  package let bytes: [UInt8]
  /// The parameter sets received with it, each without length or start code.
  package let parameterSets: [[UInt8]]
  /// Whether it is an IDR, of HEVC also a BLA or a CRA; for other codecs, whether the container
  /// marks a key frame.
  package let isKey: Bool
  /// The presentation timestamp on the source's clock.
  package var pts: SourceTime
  /// The decode timestamp on the source's clock; nil if the container has none.
  package let dts: SourceTime?
  /// The time at which its last byte was read.
  package var arrival: MonotonicTime
  /// The declared capture time on the sender's clock; nil if undeclared.
  package let senderTime: WallTime?
  /// Whether it is a leading picture of HEVC: shown before the key frame that precedes it.
  package var isLeading = false
  /// Its place in presentation order since the newest key frame, as the codec counts: two for each
  /// frame, seldom one; nil if it is unknown.
  package var pictureOrder: Int64?
  /// Its place in decoding order in a stream with B-frames; nil in other streams.
  package var decoding: DecodingPosition?
  /// Its position on a shared connection; nil if the connection is not shared.
  package var shared: SharedPosition?
  /// The access units of the same time in the other renditions of a publisher.
  ///
  /// Their order is that of ``InputDescription/otherVideos``; all are IDRs, or none.
  package var others: [AccessUnit] = []

  /// Its timestamp on a timeline on which units follow one another in decoding order.
  package var order: SourceTime { decoding?.pts ?? pts }

  /// The bytes of all renditions.
  package var byteCount: Int { others.reduce(bytes.count) { $0 + $1.bytes.count } }
}

/// Coded audio as received.
package struct AudioPacket: Sendable {
  /// One or more coded frames; AAC without ADTS headers.
  package let bytes: [UInt8]
  /// The timestamp of its first sample on the source's clock.
  package var pts: SourceTime
  /// The time at which it was read.
  package var arrival: MonotonicTime
  /// The index of its track in ``InputDescription/audioTracks``.
  package var track = 0
}
