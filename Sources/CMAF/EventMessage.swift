// SPDX-License-Identifier: Apache-2.0

/// An event in media: the box `emsg` of version 1, whose time is on the track's timeline.
///
/// - Source: ISO/IEC 23009-1 §5.10.3.3; ISO/IEC 23000-19 §7.4.5
package struct EventMessage: Sendable {
  /// The scheme of this program's events, whose data are JSON.
  package static let scheme = "urn:streamer:event"

  /// Equal for repetitions of one event.
  package let id: UInt32
  /// The time of the event in ticks of `timescale`; not negative.
  package let time: Int64
  package let timescale: UInt32
  /// The data: a JSON text.
  package let data: [UInt8]

  /// An event of no duration.
  package init(id: UInt32, time: Int64, timescale: UInt32, data: [UInt8]) {
    self.id = id
    self.time = time
    self.timescale = timescale
    self.data = data
  }

  /// The box.
  package var box: [UInt8] {
    let scheme = Array(Self.scheme.utf8) + [0]
    let value: [UInt8] = [UInt8(ascii: "1"), 0]
    let size = 12 + 4 + 8 + 4 + 4 + scheme.count + value.count + data.count
    return unsafe [UInt8](unsafeUninitializedCapacity: size) { memory, count in
      var out = unsafe BoxCursor(UnsafeMutableRawBufferPointer(memory))
      out.open(size: size, "emsg")
      out.put32(0x0100_0000)  // version 1
      out.put32(timescale)
      out.put64(UInt64(clamping: time))
      out.put32(0)  // event_duration
      out.put32(id)
      out.copy(scheme)
      out.copy(value)
      out.copy(data)
      count = size
    }
  }
}
