// SPDX-License-Identifier: Apache-2.0

import Packaging
import Time

extension SegmentStart {
  init(_ reader: inout FieldReader) throws(MessageError) {
    self.init(
      number: try reader.segmentNumber(), firstFrame: try reader.frameIndex(),
      programDateTime: WallTime(nanoseconds: try reader.interval("a date").nanoseconds),
      startsDiscontinuity: try reader.boolean("a flag"),
      period: try DiscontinuityPeriod(&reader), isPrefill: try reader.boolean("a flag"),
      discontinuities: try reader.integer("a number of Discontinuities", in: FieldReader.numbers))
  }

  func write(to writer: inout FieldWriter) {
    writer.add(number)
    writer.add(firstFrame)
    writer.add(programDateTime.nanoseconds)
    writer.add(startsDiscontinuity)
    period.write(to: &writer)
    writer.add(isPrefill)
    writer.add(discontinuities)
  }
}

extension DiscontinuityPeriod {
  fileprivate init(_ reader: inout FieldReader) throws(MessageError) {
    self.init(
      index: try reader.integer("the index of a period", in: FieldReader.numbers),
      firstSegment: try reader.optional("a flag") { reader throws(MessageError) in
        try reader.segmentNumber()
      },
      firstFrame: try reader.optional("a flag") { reader throws(MessageError) in
        try reader.frameIndex()
      }, offset: try reader.interval("an offset"),
      headerHash: try reader.optional("a flag") { reader throws(MessageError) in
        try reader.word("the hash of a header", limit: 8) { byte in
          switch byte {
          case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): true
          default: false
          }
        }
      })
  }

  fileprivate func write(to writer: inout FieldWriter) {
    writer.add(index)
    writer.add(firstSegment) { $0.add($1) }
    writer.add(firstFrame) { $0.add($1) }
    writer.add(offset.nanoseconds)
    writer.add(headerHash) { $0.add($1) }
  }
}
