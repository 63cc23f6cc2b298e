// SPDX-License-Identifier: Apache-2.0

/// The audio tracks of a session description by which a client would speak to a camera.
///
/// A camera marks them `sendonly`, from its client's view, and sends nothing there. Servers that
/// mark their own video so describe what they send.
/// - Source: ONVIF Streaming Specification §5.3.1; RFC 8866 §6.7
package enum BackChannels {
  /// The description without back channels.
  package static func removed(from description: [UInt8]) -> [UInt8] {
    var sections: [[ArraySlice<UInt8>]] = [[]]
    for line in description.split(separator: 0x0A, omittingEmptySubsequences: false) {
      if begins(line, "m=") { sections.append([]) }
      sections[sections.count - 1].append(line)  // bounded: there is a section
    }
    let media = sections.dropFirst()
    guard media.contains(where: isBackChannel),
      media.contains(where: { begins($0.first, "m=video") && !isSendOnly($0) })
    else { return description }
    let kept = sections.prefix(1) + media.filter { !isBackChannel($0) }
    let text = Array(kept.joined().joined(separator: [0x0A]))
    return text.last == 0x0A ? text : text + [0x0A]
  }

  private static func isBackChannel(_ section: [ArraySlice<UInt8>]) -> Bool {
    begins(section.first, "m=audio") && isSendOnly(section)
  }

  private static func isSendOnly(_ section: [ArraySlice<UInt8>]) -> Bool {
    section.contains { line in
      Latin1.text(line.last == 0x0D ? line.dropLast() : line) == "a=sendonly"
    }
  }

  private static func begins(_ line: ArraySlice<UInt8>?, _ text: String) -> Bool {
    line?.starts(with: Array(text.utf8)) ?? false
  }
}
