// SPDX-License-Identifier: Apache-2.0

import Checked
package import Media

extension DolbyVision {
  private static let path = ["trak", "mdia", "minf", "stbl", "stsd"]

  /// A CMAF header of one video track with the configuration at the end of its sample entry, and
  /// the brand of its base layer in `ftyp`.
  ///
  /// - Parameters:
  ///   - header: `ftyp` and `moov` of the track without Dolby Vision.
  ///   - transfer: TransferCharacteristics of the base layer.
  /// - Returns: the header.
  /// - Throws: ``BoxError`` if a box on the path to the sample entry is missing.
  /// - Source: Dolby Vision Streams Within the ISO Base Media File Format 2.4
  package func added(to header: [UInt8], transfer: UInt8) throws(BoxError) -> [UInt8] {
    var boxes = [try BoxFields(header, "header").first("moov")]
    for type in Self.path { boxes.append(try boxes[boxes.count - 1].only(type)) }
    var table = boxes[boxes.count - 1]
    try table.skip(8)
    var entries = table.boxes
    guard let entry = try entries.next() else { throw .missing("sample entry") }
    boxes.append(entry)
    let files = try BoxFields(header, "header").first("ftyp")

    var box = BoxBuilder(capacity: 8 + Self.size)
    box.box(boxType) { $0.put(record) }
    let brand = supplement(to: entry.type, transfer: transfer)?.brand
    // From the end to the start, so that earlier positions stay valid.
    var bytes = header
    bytes.insert(contentsOf: box.bytes, at: entry.content.upperBound)
    bytes.replaceSubrange(
      entry.content.lowerBound - 4..<entry.content.lowerBound,
      with: sampleEntry(for: entry.type).utf8)
    for box in boxes { Self.grow(box, by: 8 + Self.size, in: &bytes) }
    if let brand {
      bytes.insert(contentsOf: brand.utf8, at: files.content.upperBound)
      Self.grow(files, by: 4, in: &bytes)
    }
    return bytes
  }

  /// Adds to the size of a box, whose head has 8 bytes.
  private static func grow(_ box: BoxFields, by count: Int, in bytes: inout [UInt8]) {
    // bounded: a header in memory
    bytes.set(UInt32(clamping: box.size + count), at: box.content.lowerBound - 8)
  }
}
