// SPDX-License-Identifier: Apache-2.0

package import Media

/// The header of a video tag, classic or of Enhanced RTMP; of several tracks that of one.
///
/// - Source: Adobe FLV 10.1 §E.4.3; Enhanced RTMP v2, ExVideoTagHeader
package struct FLVVideoTag: Sendable, Equatable {
  /// The content of the body.
  package enum Content: Sendable, Equatable {
    /// The decoder configuration record.
    case configuration
    /// The colours of the access units that follow; unspecified if earlier ones hold no longer.
    case colour(ColourDescription)
    /// An access unit, this many milliseconds before its presentation.
    case accessUnit(compositionTime: Int32)
    /// The end of a sequence, other metadata, or a command: nothing to decode.
    case nothing

    /// Whether it describes the access units that follow.
    package var isDescription: Bool {
      switch self {
      case .configuration, .colour: true
      case .accessUnit, .nothing: false
      }
    }
  }

  /// The number of the track; 0 is the default one.
  package let track: Int
  /// The codec.
  package let codec: TagCodec
  /// The content of the body.
  package let content: Content
  /// Whether the tag marks a key frame.
  package let isKey: Bool
  /// The range of the body in the tag.
  package let body: Range<Int>
  /// The nanoseconds by which the frame is later than the timestamp of the tag: 0–999,999.
  package private(set) var timeOffset = 0

  /// The most tracks of a publisher; those with a higher number are ignored.
  package static let maximumTracks = TagReader.maximumVideoTracks

  /// The headers of all tracks of a tag; nil if the tag is too short or contradictory.
  package static func tracks(of tag: [UInt8]) -> [FLVVideoTag]? {
    guard let first = tag.first else { return nil }
    do throws(TagFault) {
      guard first & 0x80 != 0 else { return [try FLVVideoTag(classic: tag, first)] }
      var reader = TagReader(tag, from: 1)
      var found: [FLVVideoTag] = []
      for track in try reader.tracks(Int(first & 15), multitrack: 6, limit: maximumTracks) {
        var head = try FLVVideoTag(tag, first, track)
        head.timeOffset = reader.timeOffset
        found.append(head)
      }
      return found
    } catch { return nil }
  }

  private init(classic tag: [UInt8], _ first: UInt8) throws(TagFault) {
    var reader = TagReader(tag, from: 1)
    track = 0
    isKey = first >> 4 == 1
    let codec = Self.codec(number: first & 15)
    self.codec = codec
    guard codec == .known(.h264) || codec == .known(.hevc), first >> 4 != 5 else {
      content = .nothing
      body = reader.rest
      return
    }
    let packetType = try reader.integer(1)
    let time = try reader.signed24()
    content =
      switch packetType {
      case 0: .configuration
      case 1: .accessUnit(compositionTime: time)
      default: .nothing
      }
    body = reader.rest
  }

  /// The header of a track of an enhanced tag.
  private init(
    _ tag: [UInt8], _ first: UInt8, _ track: TagReader.Track
  ) throws(TagFault) {
    let frameType = first >> 4 & 7
    isKey = frameType == 1
    self.track = track.number
    codec = Self.codec(track.fourCC)
    switch track.packetType {
    // Metadata, whatever the frame type.
    case 4:
      let colour = ColourDescription(metadata: tag, track.body)
      (content, body) = (colour.map { .colour($0) } ?? .nothing, track.body)
    // Another frame of type 5 is a command.
    case _ where frameType == 5: (content, body) = (.nothing, track.body)
    case 0: (content, body) = (.configuration, track.body)
    case 1 where codec == .known(.h264) || codec == .known(.hevc):
      var reader = TagReader(tag, from: track.body.lowerBound)
      let time = try reader.signed24()
      guard reader.rest.lowerBound <= track.body.upperBound else { throw .truncated }
      (content, body) = (
        .accessUnit(compositionTime: time), reader.rest.lowerBound..<track.body.upperBound
      )
    case 1, 3: (content, body) = (.accessUnit(compositionTime: 0), track.body)
    default: (content, body) = (.nothing, track.body)
    }
  }

  /// - Source: FLV 10.1 §E.4.3.1, CodecID; 12 is HEVC by custom of some encoders
  private static func codec(number: UInt8) -> TagCodec {
    switch number {
    case 7: .known(.h264)
    case 12: .known(.hevc)
    case 2: .other("H.263")
    case 4, 5: .other("VP6")
    default: .other("codec \(number)")
    }
  }

  private static func codec(_ code: FourCC) -> TagCodec {
    switch code {
    case FourCC("avc1"): .known(.h264)
    case FourCC("hvc1"), FourCC("hev1"): .known(.hevc)
    case FourCC("av01"): .known(.av1)
    case FourCC("vp09"): .known(.vp9)
    case FourCC("vp08"): .other("VP8")
    case FourCC("vvc1"): .other("VVC")
    default: .other(code.name)
    }
  }
}
