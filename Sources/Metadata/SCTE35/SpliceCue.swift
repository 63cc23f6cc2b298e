// SPDX-License-Identifier: Apache-2.0

import Checked
import System
package import Time

/// The meaning of a splice_info_section for the viewers of a stream, of one event of its
/// splice_schedule, or of one segmentation descriptor of its time_signal.
package struct SpliceCue: Sendable, Equatable {
  /// The number of ticks after which the clock of MPEG-2 systems starts over.
  private static let round: UInt64 = 1 << 33
  /// The longest duration that is stated: a day.
  private static let longest = Interval.seconds(86_400)

  /// The message.
  package let section: SpliceInfoSection
  /// The number of the event in a splice_schedule, or that of the descriptor in a time_signal among
  /// those with a meaning of their own; 0 for other commands.
  package let index: Int
  /// The event of a splice_schedule; nil for other commands.
  package let scheduled: SpliceSchedule.Event?
  /// The meaning.
  package let role: SpliceRole
  /// splice_event_id or segmentation_event_id: equal in the messages that belong together.
  package let eventID: UInt32?
  /// segmentation_type_id; nil for other commands than time_signal, and for cancellations.
  package let segmentationType: UInt8?
  /// The time on the clock of the source, 33 bits of 90 kHz with pts_adjustment; nil for at once.
  package let ticks: UInt64?
  /// The announced length of a break; nil if none is announced, or more than a day.
  package let plannedDuration: Interval?
  /// Whether the break ends after ``plannedDuration`` without another message: auto_return.
  ///
  /// - Source: ANSI/SCTE 35 2023 §9.8.2.1
  package let returnsByItself: Bool
  /// Whether the message cancels the event that was announced before.
  package let isCancellation: Bool
  /// Whether playlists list it: a time_signal that says nothing about its time is not listed.
  package let isListed: Bool

  /// The meaning of a section; nil for messages without one, such as splice_null.
  ///
  /// - Parameters:
  ///   - section: the message.
  ///   - index: the event of its splice_schedule, or the descriptor of its time_signal; nil is
  ///     returned if there is none.
  package init?(_ section: SpliceInfoSection, at index: Int = 0) {
    self.section = section
    self.index = index
    if case .schedule(let schedule) = section.command {
      guard schedule.events.indices.contains(index) else { return nil }
      // bounded: an index of the array
      let event = schedule.events[index]
      // The splice_insert of the event follows: that one is a break, and this is its plan
      // (RFC 8216bis §4.4.5.1.1).
      (role, eventID, ticks) = (.command, event.eventID, nil)
      plannedDuration = Self.duration(event.duration)
      (isCancellation, isListed) = (event.isCancelled, !event.isCancelled)
      (scheduled, segmentationType, returnsByItself) = (event, nil, false)
      return
    }
    scheduled = nil
    func time(_ ticks: UInt64?) -> UInt64? {
      // bounded: 33 bits each
      ticks.map { ($0 + section.adjustment) % Self.round }
    }
    switch section.command {
    case .null, .bandwidthReservation, .schedule: return nil
    case .privateCommand:
      guard index == 0 else { return nil }
      (role, eventID, ticks, plannedDuration) = (.command, nil, nil, nil)
      (isCancellation, isListed) = (false, true)
      (segmentationType, returnsByItself) = (nil, false)
    case .insert(let insert):
      guard index == 0 else { return nil }
      role = insert.isCancelled ? .command : insert.isOut ? .out : .in
      eventID = insert.eventID
      ticks = time(insert.time)
      plannedDuration = Self.duration(insert.duration)
      (isCancellation, isListed) = (insert.isCancelled, !insert.isCancelled)
      segmentationType = nil
      returnsByItself = insert.isOut && insert.returnsByItself && plannedDuration != nil
    case .timeSignal(let found):
      let descriptors = Self.meaningful(section.descriptors)
      guard index == 0 || descriptors.indices.contains(index) else { return nil }
      // bounded: the guard has compared the index
      let main = descriptors.isEmpty ? nil : descriptors[index]
      role = main?.role ?? .command
      eventID = main?.eventID
      // A cancellation is meant for the moment at which it arrives.
      ticks = main?.isCancelled == true ? nil : time(found)
      plannedDuration = Self.duration(main?.duration)
      isCancellation = main?.isCancelled ?? false
      isListed = main != nil && !isCancellation
      segmentationType = isCancellation ? nil : main?.type
      returnsByItself = false
    }
  }

  /// The descriptors of a time_signal with a meaning of their own; without any, the first one.
  ///
  /// Cancellations come first, then ends, since an end and a beginning may have one number.
  /// Each gets an EXT-X-DATERANGE of its own.
  /// - Source: RFC 8216bis §4.4.5.1.1
  private static func meaningful(
    _ descriptors: [SegmentationDescriptor]
  ) -> [SegmentationDescriptor] {
    let found =
      descriptors.filter(\.isCancelled) + descriptors.filter { $0.role == .in }
      + descriptors.filter { $0.role == .out }
    return found.isEmpty ? Array(descriptors.prefix(1)) : found
  }

  /// Reads a section.
  ///
  /// - Parameters:
  ///   - bytes: exactly one section.
  ///   - index: the event of its splice_schedule, or the descriptor of its time_signal.
  /// - Returns: nil if it means nothing for viewers.
  /// - Throws: the first fault.
  package static func read(
    _ bytes: [UInt8], at index: Int = 0
  ) throws(SpliceError) -> SpliceCue? {
    SpliceCue(try SpliceInfoSection(bytes), at: index)
  }

  /// Reads a section: all events of a splice_schedule, all descriptors of a time_signal, else at
  /// most one cue.
  ///
  /// - Throws: the first fault.
  package static func readAll(_ bytes: [UInt8]) throws(SpliceError) -> [SpliceCue] {
    let section = try SpliceInfoSection(bytes)
    let count =
      switch section.command {
      case .schedule(let schedule): schedule.events.count
      case .timeSignal: max(1, meaningful(section.descriptors).count)
      default: 1
      }
    return (0..<count).compactMap { SpliceCue(section, at: $0) }
  }

  /// The wall-clock time of the splice, which splice_schedule alone states; nil without one.
  package var date: WallTime? { scheduled?.date }

  /// Whether the message states no time: it is meant for the moment at which it arrives.
  package var isImmediate: Bool { ticks == nil && date == nil }

  /// The time of the splice as a distance from a time of the clock of the source, at most half a
  /// round of the clock; zero for at once.
  package func distance(fromTicks reference: Int64) -> Interval {
    guard let ticks else { return .zero }
    let round = Int64(Self.round)
    // bounded: the mask leaves 33 bits
    var difference = (Int64(ticks) - (reference & (round - 1))) % round
    if difference >= round / 2 { difference -= round }
    if difference < -round / 2 { difference += round }
    return Interval(ticks: difference, timescale: 90_000)
  }

  private static func duration(_ ticks: UInt64?) -> Interval? {
    guard let ticks else { return nil }
    let duration = Interval(ticks: Int64(clamping: ticks), timescale: 90_000)
    return duration > .zero && duration <= longest ? duration : nil
  }

  /// Whether both messages are about one event: splices and segmentations have different numbers.
  package func hasEvent(of other: SpliceCue) -> Bool {
    guard let eventID, eventID == other.eventID else { return false }
    return section.isSegmentation == other.section.isSegmentation
  }

  /// Whether both messages say the same, apart from their times: senders repeat them.
  package func says(sameAs other: SpliceCue) -> Bool {
    role == other.role && eventID == other.eventID && isCancellation == other.isCancellation
      && segmentationType == other.segmentationType && scheduled?.isOut == other.scheduled?.isOut
      && section.command.name == other.section.command.name
      && section.descriptors.map(\.type) == other.section.descriptors.map(\.type)
  }

  /// The message as JSON, for clients that read no SCTE-35.
  var json: String { json(statesReturn: true) }

  /// The message as JSON; texts of before version 0.3 do not state that a break ends by itself.
  func json(statesReturn: Bool) -> String {
    var members = [
      "\"command\": \"\(section.command.name)\"", "\"role\": \"\(role.rawValue)\"",
    ]
    if let eventID { members.append("\"eventId\": \(eventID)") }
    if isCancellation { members.append("\"cancels\": true") }
    if let plannedDuration {
      members.append("\"milliseconds\": \(plannedDuration.milliseconds)")
    }
    if returnsByItself, statesReturn { members.append("\"autoReturn\": true") }
    if let scheduled, !scheduled.isCancelled {
      members.append("\"scheduled\": \"\(scheduled.isOut ? "out" : "in")\"")
      members.append("\"uniqueProgramId\": \(scheduled.programID)")
      members.append("\"avail\": \(scheduled.avail)")
      members.append("\"availsExpected\": \(scheduled.availsExpected)")
    }
    let segments = section.descriptors.map { descriptor in
      let upid = descriptor.upid.map {
        ", \"upidType\": \($0.type), \"upid\": \"\(hexadecimal($0.bytes))\""
      }
      return "{\"type\": \(descriptor.type), \"eventId\": \(descriptor.eventID)\(upid ?? "")}"
    }
    if !segments.isEmpty {
      members.append("\"segmentation\": [\(segments.joined(separator: ", "))]")
    }
    members.append("\"base64\": \"\(Base64.encode(section.bytes))\"")
    return "{\"scte35\": {\(members.joined(separator: ", "))}}"
  }
}
