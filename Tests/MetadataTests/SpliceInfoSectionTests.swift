// SPDX-License-Identifier: Apache-2.0

import Metadata
import Testing
import Time

@Suite("splice_info_section, ANSI/SCTE 35 §9.6")
struct SpliceInfoSectionTests {
  private static func bytes(_ hexadecimal: String) -> [UInt8] {
    let digits = hexadecimal.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count, by: 2).map {
      UInt8(digits[$0] << 4 | digits[$0 + 1])
    }
  }

  /// ANSI/SCTE 35 §14.2.
  private static let insertExample = bytes(
    "FC302F000000000000FFFFF014054800008F7FEFFE7369C02EFE0052CCF500000000000A0008435545490000013562"
      + "DBA30A")
  /// ANSI/SCTE 35 §14.1.
  private static let placementExample = bytes(
    "FC3034000000000000FFFFF00506FE72BD0050001E021C435545494800008E7FCF0001A599B00808000000002CA0A1"
      + "8A3402009AC9D17E")
  /// ANSI/SCTE 35 §14.3.
  private static let endsExample = bytes(
    "fc3061000000000000fffff00506fea8cd44ed004b021743554549480000ad7f9f0808000000002cb2d79d3502"
      + "00021743554549480000267f9f0808000000002cb2d79d110000021743554549480000277f9f080800000000"
      + "2cb2d7b31000008a18869f")

  @Test("the published splice_insert is read field by field")
  func published() throws {
    let section = try SpliceInfoSection(Self.insertExample)
    guard case .insert(let insert) = section.command else {
      Issue.record("\(section.command)")
      return
    }
    #expect(insert.eventID == 0x4800_008F)
    #expect(insert.isOut && !insert.isCancelled && insert.returnsByItself)
    #expect(insert.time == 0x0_7369_C02E)
    #expect(insert.duration == 0x0_0052_CCF5)
    #expect(section.adjustment == 0 && section.descriptors.isEmpty)
    let cue = try #require(SpliceCue(section))
    #expect(cue.role == .out && cue.eventID == insert.eventID && cue.isListed)
    #expect(cue.plannedDuration == .milliseconds(60_293) + .nanoseconds(566_666))
  }

  @Test("a placement opportunity of a time_signal is a break; several ends are a return")
  func segmentation() throws {
    let start = try SpliceInfoSection(Self.placementExample)
    #expect(start.command == .timeSignal(time: 0x72BD_0050))
    let descriptor = try #require(start.descriptors.first)
    #expect(descriptor.eventID == 0x4800_008E && descriptor.type == 0x34)
    #expect(descriptor.duration == 0x1_A599B0)
    let upid = try #require(descriptor.upid)
    #expect(upid.type == 8 && upid.bytes == [0, 0, 0, 0, 0x2C, 0xA0, 0xA1, 0x8A])
    let out = try #require(SpliceCue(start))
    #expect(out.role == .out && out.plannedDuration == .seconds(307))
    let ends = try SpliceInfoSection(Self.endsExample)
    #expect(ends.descriptors.map(\.type) == [0x35, 0x11, 0x10])
    #expect(SpliceCue(ends)?.role == .in)
    #expect(SpliceCue(ends, at: 1) == nil, "the others are no splices")
  }

  @Test("each descriptor that is a splice is a cue, ends first, RFC 8216bis §4.4.5.1.1")
  func severalDescriptors() throws {
    let section = SectionBuilder.backToBack.bytes
    let cues = try SpliceCue.readAll(section)
    #expect(cues.map(\.role) == [.in, .out] && cues.map(\.eventID) == [1, 2])
    #expect(cues.map(\.segmentationType) == [0x31, 0x30] && cues.map(\.index) == [0, 1])
    #expect(cues.map(\.plannedDuration) == [nil, .seconds(15)])
    #expect(cues.allSatisfy { $0.ticks == 900_000 && $0.isListed })
    for cue in cues { #expect(try SpliceCue.read(section, at: cue.index) == cue) }
    #expect(try SpliceCue.read(section, at: 2) == nil)
    #expect(!cues[0].says(sameAs: cues[1]) && !cues[0].hasEvent(of: cues[1]))
    // A programme begins: one command, and so is a message without a descriptor.
    var builder = SectionBuilder.signal(0x10)
    builder.descriptors += SectionBuilder.segmentation(0x11)
    #expect(try SpliceCue.readAll(builder.bytes).map(\.role) == [.command])
    builder.descriptors = []
    #expect(try SpliceCue.readAll(builder.bytes).map(\.isListed) == [false])
  }

  @Test("a cancelled descriptor is a cue beside one that begins")
  func cancelledDescriptor() throws {
    var builder = SectionBuilder.signal(0x34, eventID: 5)
    let cancelled = Array("CUEI".utf8) + SectionBuilder.number(4, 4) + [0xFF]
    builder.descriptors += [0x02, UInt8(cancelled.count)] + cancelled
    let cues = try SpliceCue.readAll(builder.bytes)
    #expect(cues.map(\.isCancellation) == [true, false] && cues.map(\.eventID) == [4, 5])
    #expect(cues.map(\.isListed) == [false, true])
    // A cancellation is meant for the moment at which it arrives.
    #expect(cues[0].ticks == nil && cues[1].ticks != nil)
    // The numbers of splice_insert are others.
    let insert = try #require(try SpliceCue.read(SectionBuilder.insert(eventID: 4).bytes))
    #expect(!cues[0].hasEvent(of: insert))
  }

  @Test("a break ends by itself if it has a duration and auto_return, ANSI/SCTE 35 §9.8.2.1")
  func autoReturn() throws {
    func returns(_ builder: SectionBuilder) throws -> Bool {
      try #require(try SpliceCue.read(builder.bytes)).returnsByItself
    }
    var builder = SectionBuilder.insert(duration: 90_000)
    #expect(try returns(builder))
    // The first bit of break_duration, in front of the last nine bytes of the command.
    builder.command[builder.command.count - 9] &= 0x7F
    #expect(try !returns(builder))
    #expect(try !returns(.insert()) && !returns(.insert(isOut: false, duration: 90_000)))
    #expect(try !returns(.insert(duration: 0)), "no length is announced")
    #expect(try !returns(.signal(0x34, duration: 90_000)))
  }

  /// A section and why it is refused.
  struct Fault: Sendable, CustomTestStringConvertible {
    let name: String
    let bytes: [UInt8]
    var testDescription: String { name }

    init(_ name: String, _ bytes: [UInt8]) {
      self.name = name
      self.bytes = bytes
    }

    init(_ name: String, _ change: (inout SectionBuilder) -> Void) {
      var builder = SectionBuilder.insert(duration: 90_000)
      change(&builder)
      self.init(name, builder.bytes)
    }
  }

  private static let faults: [Fault] = {
    let whole = SectionBuilder.insert(duration: 90_000).bytes
    let signal = SectionBuilder.signal(0x34, duration: 90_000, upid: [1, 2, 3])
    var found: [Fault] = [
      Fault("no byte", []), Fault("one byte", [0xFC]), Fault("two bytes", [0xFC, 0x30]),
      Fault("a length of zero", [0xFC, 0x30, 0]),
      Fault("only a checksum", [0xFC, 0x30, 4, 0, 0, 0, 0]),
      Fault("a byte too much", whole + [0]),
      Fault("another table") { $0.table = 0xC0 },
      Fault("a later version") { $0.version = 1 },
      Fault("an encrypted command") { $0.isEncrypted = true },
      Fault("an unknown command") { $0.type = 0x03 },
      Fault("a reserved command") { $0.type = 0x80 },
      Fault("a length that is too large") { $0.excess = 1 },
      Fault("a length that is too small") { $0.excess = -1 },
      Fault("a command longer than the section") { $0.commandLength = 200 },
      Fault("a command that fills the section") { $0.commandLength = $0.command.count + 5 },
      Fault("private_command without a length") { ($0.type, $0.commandLength) = (0xFF, 0xFFF) },
      Fault("private_command without an identifier") { ($0.type, $0.command) = (0xFF, [1, 2]) },
      Fault("splice_insert without fields") { $0.command = [] },
      Fault("time_signal without fields") { ($0.type, $0.command) = (0x06, []) },
      Fault("time_signal with half a time") { ($0.type, $0.command) = (0x06, [0xFE, 0, 0]) },
      Fault("255 components without bytes") { $0.command = [0, 0, 0, 1, 0x7F, 0x8F, 255] },
      Fault("descriptors longer than the section") { $0.loopLength = 4095 },
      Fault("descriptors that take the checksum") { $0.loopLength = 4 },
      Fault("a descriptor without a length") { $0.descriptors = [2] },
      Fault("a descriptor without an identifier") { $0.descriptors = [2, 0] },
      Fault("a descriptor longer than the loop") { $0.descriptors = [2, 9, 0x43, 0x55, 0x45] },
      Fault("a segmentation_descriptor without fields") {
        $0.descriptors = [2, 4] + Array("CUEI".utf8)
      },
      Fault("33 segmentation descriptors") { builder in
        builder.descriptors = (0..<33).flatMap { _ in SectionBuilder.segmentation(0x34) }
      },
    ]
    // Cut within each field, with the right length and checksum.
    for count in 1..<8 {
      found.append(
        Fault("splice_insert of \(2 * count) bytes") {
          $0.command = Array($0.command.prefix(2 * count))
        })
    }
    for count in [5, 9, 10, 11, 15, 17, 19, 20] {
      let fields = signal.descriptors.dropFirst(2).prefix(count)
      found.append(
        Fault("a segmentation_descriptor of \(count) bytes") {
          $0.descriptors = [2, UInt8(count)] + fields
        })
    }
    for position in [4, 14, whole.count - 1] {
      var damaged = whole
      damaged[position] ^= 0x10
      found.append(Fault("a flipped bit in byte \(position)", damaged))
    }
    return found
  }()

  @Test("40 malformed sections are refused, each with a line", arguments: faults)
  func refused(_ fault: Fault) throws {
    let error = try #require(throws: SpliceError.self) { try SpliceInfoSection(fault.bytes) }
    #expect(error.description.hasPrefix("SCTE-35: "))
    #expect(Self.faults.count >= 40)
  }

  @Test("an encrypted section is refused as such, after its checksum")
  func encrypted() {
    var builder = SectionBuilder.insert()
    builder.isEncrypted = true
    #expect(throws: SpliceError.encrypted(algorithm: 1)) { try SpliceInfoSection(builder.bytes) }
  }

  @Test("a command of unstated length ends where its fields end")
  func unstatedLength() throws {
    var builder = SectionBuilder.insert(duration: 270_000)
    builder.commandLength = 0xFFF
    #expect(try SpliceInfoSection(builder.bytes).command.name == "splice_insert")
  }

  @Test("other descriptors, and those of other organisations, are skipped")
  func otherDescriptors() throws {
    var builder = SectionBuilder.signal(0x30)
    builder.descriptors =
      [0, 8] + Array("CUEI".utf8) + [0, 0, 0, 1] + [2, 5] + Array("ABCD".utf8) + [9]
      + builder.descriptors
    #expect(try SpliceInfoSection(builder.bytes).descriptors.map(\.type) == [0x30])
  }

  @Test("splice_null and bandwidth_reservation mean nothing for viewers", arguments: [0, 7])
  func filler(_ type: UInt8) throws {
    #expect(try SpliceCue.read(SectionBuilder(type: type).bytes) == nil)
  }
}

@Suite("The time of a splice on the clock of its source")
struct SpliceTimeTests {
  /// The ticks of a splice and of a reference.
  struct Row: Sendable, CustomTestStringConvertible {
    let time: UInt64
    var adjustment: UInt64 = 0
    let reference: Int64
    let distance: Interval
    var testDescription: String { "\(time) + \(adjustment) from \(reference)" }
  }

  @Test(
    "it is the nearest one, also over a wrap of 33 bits, with the adjustment",
    arguments: [
      Row(time: 900_000, reference: 540_000, distance: .seconds(4)),
      Row(time: 900_000, reference: 990_000, distance: .seconds(-1)),
      Row(time: 810_000, adjustment: 90_000, reference: 540_000, distance: .seconds(4)),
      Row(time: 90_000, reference: (1 << 33) - 90_000, distance: .seconds(2)),
      Row(time: (1 << 33) - 90_000, reference: 90_000, distance: .seconds(-2)),
      Row(time: (1 << 33) - 90_000, adjustment: 180_000, reference: 0, distance: .seconds(1)),
      Row(time: 450_000, reference: 5 << 33 | 360_000, distance: .seconds(1)),
      Row(time: 0, reference: -90_000, distance: .seconds(1)),
    ])
  func distance(_ row: Row) throws {
    var builder = SectionBuilder.insert(time: row.time)
    builder.adjustment = row.adjustment
    let cue = try #require(try SpliceCue.read(builder.bytes))
    #expect(cue.distance(fromTicks: row.reference) == row.distance)
  }

  @Test("without a time it is at once")
  func immediate() throws {
    let cue = try #require(try SpliceCue.read(SectionBuilder.insert(time: nil).bytes))
    #expect(cue.ticks == nil && cue.distance(fromTicks: 5) == .zero)
  }
}
