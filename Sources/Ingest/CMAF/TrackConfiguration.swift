// SPDX-License-Identifier: Apache-2.0

import Checked
package import Media

/// The description of a CMAF track, for the decoder of its samples.
package struct TrackConfiguration: Sendable, Equatable {
  /// The codec of a track, with its number in a record.
  package enum Codec: UInt8, Sendable, CaseIterable {
    case h264 = 1, hevc, vp8, vp9, av1
    case aac = 16, mp3, opus, ac3, eac3, flac

    /// Whether it is a codec of video.
    package var isVideo: Bool { rawValue < 16 }
  }

  package var codec: Codec
  /// Ticks per second of the timestamps of the samples.
  package var timescale: UInt32
  /// Hz; 0 for video.
  package var sampleRate: UInt32 = 0
  /// The number of channels; 0 for video.
  package var channels: UInt8 = 0
  /// The clockwise rotation of video for display, in quarter turns: 0 to 3.
  package var quarterTurns = 0
  /// The Dolby Vision of video; nil if it has none.
  package var dolbyVision: DolbyVision?
  /// The colours of video; nil if the header states none.
  package var colour: ColourDescription?
  /// The language as in `mdhd`; 0 if it is not known.
  package var language: UInt16 = 0
  /// The audience of audio.
  package var purpose = AudioPurpose.main
  /// The number of an audio track among those of its publisher, from 0 on.
  package var number = 0
  /// The name by which the publisher tells its audio tracks apart; empty if it has one.
  package var name = ""
  /// The name of audio for people; nil if it has none.
  package var label: String?
  /// Whether a name for people was left out since its box is malformed.
  package var hasMalformedLabel = false
  /// `avcC`, `hvcC`, `av1C`, an AudioSpecificConfig, the header of Ogg Opus, or STREAMINFO of
  /// FLAC; of VP8 width and height in two bytes each; empty for other codecs, and if parameter sets
  /// precede key frames.
  package var setup: [UInt8]

  /// The most audio tracks of a publisher.
  package static let maximumAudioTracks = 16
  /// The longest ``name`` and ``label``, in bytes.
  package static let maximumNameLength = 255

  private static let headSize = 15
  /// The flags after the quarter turns in the last byte of the head.
  private static let (malformedLabel, hasDolbyVision, hasColour): (UInt8, UInt8, UInt8) = (4, 8, 16)
  private static let purposes = AudioPurpose.allCases

  /// A description.
  package init(codec: Codec, timescale: UInt32, setup: [UInt8]) {
    self.codec = codec
    self.timescale = timescale
    self.setup = setup
  }

  /// The description as a tag of the stream from publishers to their source.
  package var tag: MediaTag {
    func text(_ text: String) -> [UInt8] {
      let bytes = Array(text.utf8.prefix(Self.maximumNameLength))
      return [UInt8(clamping: bytes.count)] + bytes
    }
    let purpose = Self.purposes.firstIndex(of: purpose) ?? 0
    var payload = [codec.rawValue, channels] + timescale.bigEndianBytes()
    payload += sampleRate.bigEndianBytes() + UInt32(language).bigEndianBytes(2)
    payload += [UInt8(clamping: number), UInt8(clamping: purpose)]
    payload.append(
      UInt8(quarterTurns & 3) | (hasMalformedLabel ? Self.malformedLabel : 0)
        | (dolbyVision == nil ? 0 : Self.hasDolbyVision) | (colour == nil ? 0 : Self.hasColour))
    payload += text(name) + text(label ?? "") + (dolbyVision?.record ?? [])
    payload += (colour?.record ?? []) + setup
    return MediaTag(
      kind: codec.isVideo ? .videoTrack : .audioTrack, timestamp: 0, payload: payload)
  }

  /// Reads a tag; nil if it is none of a track, or malformed.
  package init?(_ tag: MediaTag) {
    let bytes = tag.payload
    guard tag.kind == .videoTrack || tag.kind == .audioTrack, bytes.count >= Self.headSize,
      let codec = Codec(rawValue: bytes[0]), codec.isVideo == (tag.kind == .videoTrack),
      let timescale = bytes.span.bigEndian(at: 2, count: 4), timescale > 0,
      let rate = bytes.span.bigEndian(at: 6, count: 4),
      let language = bytes.span.bigEndian(at: 10, count: 2),
      Int(bytes[12]) < Self.maximumAudioTracks, Self.purposes.indices.contains(Int(bytes[13]))
    else { return nil }
    var cursor = ByteCursor(bytes, from: Self.headSize)
    func text() -> String? {
      guard let count = cursor.integer(1), let range = cursor.take(count) else { return nil }
      // bounded: the cursor is within the bytes
      return String(decoding: bytes[range], as: UTF8.self)
    }
    guard let name = text(), let label = text() else { return nil }
    var dolbyVision: DolbyVision?
    if bytes[14] & Self.hasDolbyVision != 0 {
      guard let range = cursor.take(DolbyVision.size) else { return nil }
      // bounded: the cursor is within the bytes
      dolbyVision = DolbyVision(record: bytes[range])
    }
    var colour: ColourDescription?
    if bytes[14] & Self.hasColour != 0 {
      guard let range = cursor.take(ColourDescription.recordSize) else { return nil }
      // bounded: the cursor is within the bytes
      colour = ColourDescription(record: bytes[range])
    }
    self.init(
      // bounded: the cursor is within the bytes
      codec: codec, timescale: UInt32(clamping: timescale), setup: Array(bytes[cursor.rest]))
    (self.name, self.label) = (name, label.isEmpty ? nil : label)
    (self.dolbyVision, self.colour) = (dolbyVision, colour)
    // bounded: checked above
    (number, purpose) = (Int(bytes[12]), Self.purposes[Int(bytes[13])])
    (quarterTurns, hasMalformedLabel) = (Int(bytes[14] & 3), bytes[14] & Self.malformedLabel != 0)
    self.language = UInt16(clamping: language)
    channels = bytes[1]
    sampleRate = UInt32(clamping: rate)
  }
}

/// A sample of a CMAF track.
package struct TrackSample: Sendable, Equatable {
  /// The largest sample: a record has one.
  package static let largest = MediaRecord.largest - headSize

  private static let headSize = 29
  private static let noTime = Int64.min
  /// The bit of a key frame; the number of the track is above it.
  private static let keyBit: UInt8 = 1

  /// Whether the sample is of video.
  package var isVideo: Bool
  /// Whether the track marks it as one with which decoding can begin.
  package var isKey: Bool
  /// Ticks per second of the timestamps.
  package var timescale: UInt32
  /// Decode and presentation time, in ticks.
  package var dts, pts: Int64
  /// The declared capture time, in nanoseconds since 1970; nil if the track declares none.
  package var captured: Int64?
  package var bytes: [UInt8]
  /// The number of an audio track among those of its publisher, from 0 on.
  package var track = 0
}

extension TrackSample {
  /// The sample as a tag of the stream from publishers to their source.
  package var tag: MediaTag {
    let number = UInt8(clamping: min(track, TrackConfiguration.maximumAudioTracks))
    var payload = [number << 1 | (isKey ? Self.keyBit : 0)] + timescale.bigEndianBytes()
    payload += dts.bigEndianBytes() + pts.bigEndianBytes()
    payload += (captured ?? Self.noTime).bigEndianBytes()
    payload += bytes
    return MediaTag(kind: isVideo ? .videoSample : .audioSample, timestamp: 0, payload: payload)
  }

  /// Reads a tag; nil if it is none of a sample, or malformed.
  package init?(_ tag: MediaTag) {
    var cursor = ByteCursor(tag.payload)
    guard tag.kind == .videoSample || tag.kind == .audioSample,
      let head = cursor.integer(1), let timescale = cursor.integer(4), timescale > 0,
      let dts = cursor.wide(), let pts = cursor.wide(), let captured = cursor.wide(),
      head >> 1 < TrackConfiguration.maximumAudioTracks
    else { return nil }
    self.init(
      isVideo: tag.kind == .videoSample, isKey: head & Int(Self.keyBit) != 0,
      timescale: UInt32(clamping: timescale), dts: dts, pts: pts,
      captured: captured == Self.noTime ? nil : captured,
      bytes: Array(tag.payload[cursor.rest]))
    track = head >> 1
  }
}
