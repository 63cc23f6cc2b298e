// SPDX-License-Identifier: Apache-2.0

package import CMAF
import Checked

/// The CMAF header of an encrypted track, from the clear one.
///
/// The sample entry becomes `encv` or `enca` with `sinf`; `pssh` boxes end the `moov`.
/// - Source: ISO/IEC 23001-7 §4.1, §8.1; ISO/IEC 14496-12 §8.12
package struct ProtectedHeader: Sendable {
  /// The media of the sample entry.
  package enum Media: Sendable, Equatable {
    case video(SliceParameterSets.Codec)
    case audio
  }

  /// `ftyp` and `moov`.
  package let bytes: [UInt8]
  /// The media of the track.
  package let media: Media
  /// The content of `avcC` or `hvcC`; empty for audio.
  package let configuration: [UInt8]

  /// Encrypts a header.
  ///
  /// - Parameters:
  ///   - clear: the header of the clear track.
  ///   - key: the key that `tenc` names.
  /// - Throws: ``BoxError`` for a malformed header, or a sample entry that cannot be encrypted:
  ///   H.264, HEVC and AAC can.
  package init(_ clear: [UInt8], _ key: ContentKey) throws(BoxError) {
    let entry = try MovieHeader(header: clear).entry
    switch entry.type {
    case _ where entry.protection != nil:
      throw .mismatch("sample entry", found: "encrypted", expected: "clear")
    case "avc1", "avc3": media = .video(.avc)
    case "hvc1", "hev1": media = .video(.hevc)
    case "mp4a": media = .audio
    default:
      throw .mismatch(
        "sample entry", found: entry.type, expected: "avc1, avc3, hvc1, hev1 or mp4a")
    }
    configuration = media == .audio ? [] : entry.setup
    var writer = Writer(key: key, isVideo: media != .audio)
    var boxes = BoxReader(clear)
    while let box = try boxes.next() {
      try writer.put(box, box.type == "moov" ? Writer.path[...] : [])
    }
    bytes = writer.bytes
  }

  private struct Writer {
    static let path = ["moov", "trak", "mdia", "minf", "stbl", "stsd", ""]
    let key: ContentKey
    let isVideo: Bool
    var bytes: [UInt8] = []

    /// Writes a box; `path` begins with its type if the sample entry is in it.
    mutating func put(_ box: BoxFields, _ path: ArraySlice<String>) throws(BoxError) {
      let start = bytes.count
      bytes.put(UInt32(0))
      bytes.append(contentsOf: box.type.utf8)
      if path.isEmpty {
        bytes += box.rest
      } else {
        try putContent(box, path.dropFirst())
      }
      // bounded: a header in memory
      bytes.set(UInt32(clamping: bytes.count - start), at: start)
    }

    private mutating func putContent(
      _ box: BoxFields, _ path: ArraySlice<String>
    ) throws(BoxError) {
      var fields = box
      if box.type == "stsd" { bytes += try fields.fields(8).rest }
      var boxes = fields.boxes
      while let inner = try boxes.next() {
        if path.first == "" {
          putEntry(inner)
        } else {
          try put(inner, inner.type == path.first ? path : [])
        }
      }
      guard box.type == "moov" else { return }
      bytes += ProtectionBoxes.common([key.identifier])
      for signal in key.signals { bytes += signal.box }
    }

    private mutating func putEntry(_ entry: BoxFields) {
      let content = entry.rest + ProtectionBoxes.scheme(entry.type, key, isVideo: isVideo)
      bytes.putHead(8 + content.count, isVideo ? "encv" : "enca")
      bytes += content
    }
  }
}
