// SPDX-License-Identifier: Apache-2.0

extension Rule {
  static let reloadLists = Rule(
    "reload-lists-it", .must, draft + "§6.2.5.2",
    "The response to a blocking reload lists the requested part, or a later one.")
  static let reloadHeld = Rule(
    "reload-in-time", .should, draft + "§6.2.5.2",
    "A blocking reload is answered within three Target Durations.")
  static let partNeedsSegment = Rule(
    "part-needs-msn", .must, draft + "§6.2.5.2",
    "A request with _HLS_part and without _HLS_msn gets 400.")
  static let farAhead = Rule(
    "far-ahead-refused", .should, draft + "§6.2.5.2",
    "A request for a segment far ahead of the end gets 400 at once.")
  static let hintServed = Rule(
    "hint-served", .must, draft + "§6.2.6",
    "A request for the hinted part is held until the part is complete, and gets it.")
  static let listedServed = Rule(
    "listed-is-served", .must, draft + "§6.2.1",
    "Segments and parts that a playlist lists without a gap can be requested.")
  static let removedServed = Rule(
    "removed-is-served", .must, draft + "§6.2.2",
    "A segment can be requested for its duration and that of the playlist after its removal.")

  static let reloadRules = [
    reloadLists, reloadHeld, partNeedsSegment, farAhead, hintServed, listedServed, removedServed,
  ]
}
