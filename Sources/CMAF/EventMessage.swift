// SPDX-License-Identifier: Apache-2.0

import Checked

/// An event in media: the box `emsg` of version 1, whose time is on the track's timeline.
///
/// - Source: ISO/IEC 23009-1 §5.10.3.3; ISO/IEC 23000-19 §7.4.5
package struct EventMessage: Sendable, Equatable {
  /// The meaning of the data.
  package struct Scheme: Sendable, Equatable {
    /// scheme_id_uri.
    package let uri: String
    /// The value, which the MPD repeats.
    package let value: String

    /// Events of this program, whose data are JSON.
    package static let data = Scheme(uri: "urn:streamer:event", value: "1")
    /// Messages of SCTE-35 as bytes.
    ///
    /// - Source: ANSI/SCTE 214-3 §7.1
    package static let splice = Scheme(uri: "urn:scte:scte35:2013:bin", value: "1")
    /// ID3 tags.
    ///
    /// - Source: AOM, Carriage of ID3 Timed Metadata in CMAF §2
    package static let id3 = Scheme(uri: "https://aomedia.org/emsg/ID3", value: "0")
    /// KLV sets with timestamps.
    ///
    /// - Source: MISB ST 1910.1
    package static let synchronousKLV = Scheme(uri: klv, value: "KLVx:01FC")
    /// KLV sets without timestamps.
    package static let asynchronousKLV = Scheme(uri: klv, value: "KLVx:01BD")
    private static let klv = "urn:misb:KLV:bin:1910.1"

    /// The schemes that chunks of video may have.
    package static let all = [data, splice, id3, synchronousKLV, asynchronousKLV]

    /// The two texts as a box has them, each with its end.
    fileprivate var bytes: [UInt8] { Array(uri.utf8) + [0] + Array(value.utf8) + [0] }
  }

  /// Equal for repetitions of one event.
  package let id: UInt32
  /// The time of the event in ticks of `timescale`; not negative.
  package let time: Int64
  package let timescale: UInt32
  /// The meaning of the data.
  package let scheme: Scheme
  /// The length of the event in ticks; 0 if it has none.
  package let duration: UInt32
  /// The data.
  package let data: [UInt8]

  /// An event.
  package init(
    id: UInt32, time: Int64, timescale: UInt32, scheme: Scheme = .data, duration: UInt32 = 0,
    data: [UInt8]
  ) {
    self.id = id
    self.time = time
    self.timescale = timescale
    self.scheme = scheme
    self.duration = duration
    self.data = data
  }

  /// The bytes of a box in front of the texts of its scheme, with its head of 8 bytes.
  private static let fixedSize = 32
  /// The bytes of a box within which ``hasData(_:at:)`` looks.
  package static let dataSize = fixedSize + Scheme.data.bytes.count

  /// Whether the box `emsg` at `position` has data of ``Scheme/data``; false if its first
  /// ``dataSize`` bytes are not there.
  package static func hasData(_ bytes: [UInt8], at position: Int) -> Bool {
    var cursor = ByteCursor(bytes, from: position)
    guard position >= 0, cursor.take(8) != nil, cursor.integer(1) == 1,
      cursor.take(fixedSize - 9) != nil, let texts = cursor.take(Scheme.data.bytes.count)
    else { return false }
    // bounded: a range of the cursor of these bytes
    return bytes[texts].elementsEqual(Scheme.data.bytes)
  }

  /// Reads a box `emsg`; nil for one of version 0, or of a scheme that ``Scheme/all`` lacks.
  ///
  /// - Throws: ``BoxError`` if the box is malformed.
  package init?(_ box: BoxFields) throws(BoxError) {
    guard box.type == "emsg" else { return nil }
    let fields = try EventMessageFields(box)
    guard case .media(let time) = fields.time,
      let scheme = Scheme.all.first(where: { $0.uri == fields.uri && $0.value == fields.value })
    else { return nil }
    self.init(
      id: fields.id, time: time, timescale: fields.timescale, scheme: scheme,
      duration: fields.duration, data: fields.data)
  }

  /// The box.
  package var box: [UInt8] {
    let scheme = self.scheme.bytes
    let size = 12 + 4 + 8 + 4 + 4 + scheme.count + data.count
    return unsafe [UInt8](unsafeUninitializedCapacity: size) { memory, count in
      var out = unsafe BoxCursor(UnsafeMutableRawBufferPointer(memory))
      out.open(size: size, "emsg")
      out.put32(0x0100_0000)  // version 1
      out.put32(timescale)
      out.put64(UInt64(clamping: time))
      out.put32(duration)
      out.put32(id)
      out.copy(scheme)
      out.copy(data)
      count = size
    }
  }
}
