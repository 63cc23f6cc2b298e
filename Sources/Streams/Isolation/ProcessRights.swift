// SPDX-License-Identifier: Apache-2.0

import ChunkStream
package import Isolation

/// The rights that a process of inputs keeps.
package struct ProcessRights: Sendable, Equatable {
  /// The most files, and the most ports.
  private static let mostFiles: UInt16 = 1024

  /// The files and folders that it reads.
  package var files: [String]
  /// The network that it uses.
  package var network: Sandbox.Network
  /// Whether an encoder needs the files of devices.
  package var usesDevices: Bool
  /// The most bytes of data.
  package var memory: Int64

  /// Rights.
  package init(
    files: [String], network: Sandbox.Network = .none, usesDevices: Bool = false, memory: Int64
  ) {
    self.files = files
    self.network = network
    self.usesDevices = usesDevices
    self.memory = memory
  }

  init(fields: [UInt8]) throws(MessageError) {
    var reader = FieldReader(fields)
    files = []
    for _ in 0..<(try reader.integer("the number of files", in: 0...Self.mostFiles)) {
      files.append(try reader.text("the path of a file", limit: 1 << 16))
    }
    let hasNetwork = try reader.boolean("a flag")
    let hasAllPorts = try reader.boolean("a flag")
    var ports: Set<UInt16> = []
    for _ in 0..<(try reader.integer("the number of ports", in: 0...Self.mostFiles)) {
      ports.insert(try reader.integer("a port", in: 0...UInt16.max))
    }
    network = !hasNetwork ? .none : hasAllPorts ? .all : .ports(ports)
    usesDevices = try reader.boolean("a flag")
    memory = try reader.integer("a limit of memory", in: 1...Int64(1) << 50)
    try reader.end()
  }

  var fields: [UInt8] {
    var writer = FieldWriter()
    let files = self.files.prefix(Int(Self.mostFiles))
    writer.add(UInt16(clamping: files.count))
    for file in files { writer.add(file) }
    writer.add(network != .none)
    writer.add(network == .all)
    let ports = self.ports.sorted().prefix(Int(Self.mostFiles))
    writer.add(UInt16(clamping: ports.count))
    for port in ports { writer.add(port) }
    writer.add(usesDevices)
    writer.add(min(memory, 1 << 50))
    return writer.bytes
  }

  /// The ports to which TCP is limited.
  private var ports: Set<UInt16> { if case .ports(let ports) = network { ports } else { [] } }

  /// The rights of a process for both; memory adds up.
  package func and(_ other: ProcessRights) -> ProcessRights {
    ProcessRights(
      files: files + other.files.filter { !files.contains($0) },
      network: network.and(other.network),
      usesDevices: usesDevices || other.usesDevices,
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
    return other.usesDevices && !usesDevices ? "devices" : nil
  }
}
