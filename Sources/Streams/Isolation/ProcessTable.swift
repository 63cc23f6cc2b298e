// SPDX-License-Identifier: Apache-2.0

package import Capture

/// Which streams share a process: a pure table.
///
/// Streams share a process if they can share the connection to an input. The first one starts the
/// process, with the rights of all streams that are expected in it, since a running process gains
/// no rights.
package struct ProcessTable: Sendable {
  /// A stream that has, or will have, a process for its inputs.
  package struct Member: Sendable {
    /// The name of the stream.
    package let name: String
    /// Its inputs.
    package let addresses: [InputAddress]
    /// How they are read.
    package let options: InputOptions
    /// The rights that its process needs.
    package let rights: ProcessRights
    /// Whether its inputs are read by a process of their own.
    package let isIsolated: Bool

    /// The member for a stream.
    package init(_ order: StartOrder, isIsolated: Bool) {
      name = order.name
      addresses = order.addresses
      options = order.options
      rights = ProcessRights(
        files: order.files, network: order.network, usesDevices: order.usesDevices,
        acceptsOwn: order.addresses.contains { $0.kind == .rtsp }, memory: order.memory)
      self.isIsolated = isIsolated
    }

    /// Whether its process can have other streams: standard input and the media of publishers are
    /// descriptors of the process from its start.
    var isSharing: Bool {
      !addresses.contains { $0.kind == .standardInput || $0.kind == .publisher }
    }

    /// Whether the two share a connection.
    func shares(with other: Member) -> Bool {
      isSharing && other.isSharing && isIsolated == other.isIsolated && options == other.options
        && commonInput(with: other) != nil
    }

    /// The first input of both that can be shared.
    func commonInput(with other: Member) -> InputAddress? {
      addresses.first { $0.isShareable && other.addresses.contains($0) }
    }
  }

  /// The process for a stream.
  package enum Assignment: Equatable, Sendable {
    /// The running process with this number.
    case running(Int)
    /// A new one with this number and these rights.
    case new(Int, ProcessRights)
  }

  private struct Process: Sendable {
    let rights: ProcessRights
    var members: [Member]
  }

  private var expected: [Member] = []
  private var processes: [Int: Process] = [:]
  private var next = 0

  /// No processes.
  package init() {}

  // MARK: Expectations

  /// Notes a stream that will be started, or its new settings.
  package mutating func expect(_ member: Member) {
    if let index = expected.firstIndex(where: { $0.name == member.name }) {
      expected[index] = member
    } else {
      expected.append(member)
    }
  }

  /// Forgets a removed stream.
  package mutating func forget(_ name: String) { expected.removeAll { $0.name == name } }

  /// An input that a stream has in common with another one, but cannot share with it.
  package struct Conflict: Equatable, Sendable {
    /// The input.
    package let address: InputAddress
    /// The other stream.
    package let other: String
    /// What prevents it.
    package let reasons: [String]
  }

  /// The first conflict of a stream with one that was expected before it; nil if there is none.
  package func conflict(of name: String) -> Conflict? {
    guard let index = expected.firstIndex(where: { $0.name == name }) else { return nil }
    let member = expected[index]
    for other in expected[..<index] where !member.shares(with: other) {
      guard let address = member.commonInput(with: other) else { continue }
      return Conflict(address: address, other: other.name, reasons: member.differences(from: other))
    }
    return nil
  }

  // MARK: Processes

  /// Assigns a stream to a process.
  ///
  /// - Returns: its process, and the right for lack of which it does not join a running one.
  package mutating func assign(_ member: Member) -> (assignment: Assignment, lack: String?) {
    var lack: String?
    for (number, process) in processes.sorted(by: { $0.key < $1.key })
    where process.members.contains(where: { member.shares(with: $0) }) {
      if let missing = process.rights.lack(of: member.rights) {
        lack = missing
        continue
      }
      processes[number]?.members.append(member)
      return (.running(number), nil)
    }
    let rights = group(of: member).reduce(member.rights) { $0.and($1.rights) }
    next += 1
    processes[next] = Process(rights: rights, members: [member])
    return (.new(next, rights), lack)
  }

  /// The other expected streams that share connections with `member`, directly or through others.
  private func group(of member: Member) -> [Member] {
    var group = [member]
    var rest = expected.filter { $0.name != member.name }
    while let index = rest.firstIndex(where: { one in group.contains { $0.shares(with: one) } }) {
      group.append(rest.remove(at: index))
    }
    return Array(group.dropFirst())
  }

  /// Notes that a stream has left its process.
  ///
  /// - Returns: whether no stream is left in it.
  package mutating func leave(_ name: String, _ number: Int) -> Bool {
    processes[number]?.members.removeAll { $0.name == name }
    guard processes[number]?.members.isEmpty ?? true else { return false }
    processes[number] = nil
    return true
  }

  /// Notes that a process has ended, or must end: no stream joins it.
  package mutating func end(_ number: Int) { processes[number] = nil }
}

extension ProcessTable.Member {
  /// The settings that prevent a shared connection.
  fileprivate func differences(from other: Self) -> [String] {
    var found: [String] = []
    if options.rtspTransport != other.options.rtspTransport { found.append("--rtsp-transport") }
    let theirs = other.options
    if options.reachesOtherHosts != theirs.reachesOtherHosts { found.append("--other-hosts") }
    if options.rtspAnswerLimit != theirs.rtspAnswerLimit { found.append("--rtsp-timeout") }
    if options.frameSizeLimit != theirs.frameSizeLimit { found.append("--max-frame-size") }
    if options.decoderErrorLimit != theirs.decoderErrorLimit {
      found.append("--max-decoder-errors")
    }
    if isIsolated != other.isIsolated { found.append("--isolation") }
    if !isSharing || !other.isSharing { found.append("publishers or standard input beside it") }
    return found
  }
}
