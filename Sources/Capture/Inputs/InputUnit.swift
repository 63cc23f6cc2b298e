// SPDX-License-Identifier: Apache-2.0

/// What an input gives: a picture's or a sound's coded bytes with their times.
package enum InputUnit: Sendable {
  /// A coded picture.
  case video(AccessUnit)
  /// A coded stretch of sound.
  case audio(AudioPacket)
}

/// A coded picture as it came.
package struct AccessUnit: Sendable {
  /// H.264 and HEVC: NAL units, each with its length in four bytes in front, without delimiters and parameter sets;
  /// other codecs: as in the container.
  package let bytes: [UInt8]
  /// The parameter sets that came with it, each without length or start code.
  package let parameterSets: [[UInt8]]
  /// Whether it is an IDR; with other codecs, whether the container says that it is a key picture.
  package let isKey: Bool
  /// When it is to be shown: the source's clock, unwrapped, nanoseconds.
  package let pts: Int64
  /// Its place in the order of decoding; the same clock; nil where the container does not say.
  package let dts: Int64?
  /// When its last byte was read: monotonic clock, nanoseconds.
  package var arrival: Int64
  /// When the sender says it captured it: nanoseconds since 1970 on the sender's clock; nil where it does not say.
  package let senderTime: Int64?
}

/// Coded sound as it came.
package struct AudioPacket: Sendable {
  /// One or more coded frames; AAC without ADTS headers.
  package let bytes: [UInt8]
  /// When its first sample is to be heard: the source's clock, unwrapped, nanoseconds.
  package let pts: Int64
  /// When it was read: monotonic clock, nanoseconds.
  package var arrival: Int64
}
