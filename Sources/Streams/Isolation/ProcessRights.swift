// SPDX-License-Identifier: Apache-2.0

package import ChunkStream
package import Isolation

/// The rights that a process of inputs keeps.
package struct ProcessRights: JSONFields, Equatable {
  /// The most files, and the most ports.
  private static let maximumFiles = 1024
  /// The most bytes of data.
  private static let maximumMemory: Int64 = 1 << 50

  /// The files and folders that it reads.
  package var files: [String]
  /// The network that it uses.
  package var network = Sandbox.Network.none
  /// Whether an encoder needs the files of devices.
  package var usesDevices = false
  /// Whether it accepts connections of its own at 127.0.0.1, for RTSP.
  package var acceptsOwn = false
  /// The most bytes of data.
  package var memory: Int64

  /// The rights with values that ``check()`` accepts.
  var limited: ProcessRights {
    var rights = self
    rights.files = Array(files.prefix(Self.maximumFiles))
    if case .ports(let ports) = network {
      rights.network = .ports(Set(ports.sorted().prefix(Self.maximumFiles)))
    }
    rights.memory = min(memory, Self.maximumMemory)
    return rights
  }

  /// Checks the rights.
  ///
  /// - Throws: the error in a value that is out of its range.
  package func check() throws(MessageError) {
    try MessageError.check("the files", count: files.count, limit: Self.maximumFiles)
    for file in files { try MessageError.check("the path of a file", file, limit: 1 << 16) }
    try MessageError.check("the ports", count: ports.count, limit: Self.maximumFiles)
    try MessageError.check("a limit of memory", memory, in: 1...Self.maximumMemory)
  }

  /// The ports to which TCP is limited.
  private var ports: Set<UInt16> { if case .ports(let ports) = network { ports } else { [] } }

  /// The rights of a process for both; memory adds up.
  package func and(_ other: ProcessRights) -> ProcessRights {
    ProcessRights(
      files: files + other.files.filter { !files.contains($0) },
      network: network.and(other.network),
      usesDevices: usesDevices || other.usesDevices,
      acceptsOwn: acceptsOwn || other.acceptsOwn,
      // bounded: at most 2^50 each, of a few streams
      memory: memory &+ other.memory)
  }

  /// What a process with these rights lacks for `other`; nil if nothing.
  ///
  /// Memory is not compared: the limit is far more than a stream needs.
  package func lack(of other: ProcessRights) -> String? {
    if let file = other.files.first(where: { !files.contains($0) }) { return file }
    if network.and(other.network) != network {
      let more = other.ports.subtracting(ports).sorted()
      return more.isEmpty ? "the network" : "port \(more.map(String.init).joined(separator: ", "))"
    }
    if other.acceptsOwn, !acceptsOwn { return "RTSP" }
    return other.usesDevices && !usesDevices ? "devices" : nil
  }
}
