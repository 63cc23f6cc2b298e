// SPDX-License-Identifier: Apache-2.0

import Checked
package import Packaging
import Time

extension SegmentStart: FieldValue {
  init(_ reader: inout FieldReader) throws(MessageError) {
    self.init(
      number: try reader.segmentNumber(), firstFrame: try reader.frameIndex(),
      programDateTime: try reader.instant("a date"),
      startsDiscontinuity: try reader.boolean(),
      period: try DiscontinuityPeriod(&reader), isPrefill: try reader.boolean(),
      discontinuities: try reader.integer("a number of Discontinuities", in: FieldReader.numbers))
  }

  /// Adds all values.
  package func write(to writer: inout FieldWriter) {
    writer.add(number, firstFrame, programDateTime, startsDiscontinuity)
    period.write(to: &writer)
    writer.add(isPrefill, discontinuities)
  }
}

extension DiscontinuityPeriod {
  fileprivate init(_ reader: inout FieldReader) throws(MessageError) {
    self.init(
      index: try reader.integer("the index of a period", in: FieldReader.numbers),
      firstSegment: try reader.optional { reader throws(MessageError) in
        try reader.segmentNumber()
      },
      firstFrame: try reader.optional { reader throws(MessageError) in
        try reader.frameIndex()
      }, offset: try reader.interval("an offset"),
      headerHash: try reader.optional { reader throws(MessageError) in
        try reader.word("the hash of a header", limit: 8, where: isHexadecimal)
      })
  }

  fileprivate func write(to writer: inout FieldWriter) {
    writer.add(index, firstSegment, firstFrame, offset, headerHash)
  }
}
