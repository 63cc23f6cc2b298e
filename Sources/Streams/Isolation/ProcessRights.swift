// SPDX-License-Identifier: Apache-2.0

import ChunkStream
import Isolation

/// The rights that a process of inputs keeps.
package struct ProcessRights: Sendable, Equatable {
  /// The most files.
  private static let mostFiles: UInt16 = 1024

  /// The files and folders that it reads.
  package var files: [String]
  /// Whether an encoder needs the files of devices.
  package var usesDevices: Bool
  /// The most bytes of data.
  package var memory: Int64

  /// Rights.
  package init(files: [String], usesDevices: Bool = false, memory: Int64) {
    self.files = files
    self.usesDevices = usesDevices
    self.memory = memory
  }

  init(fields: [UInt8]) throws(MessageError) {
    var reader = FieldReader(fields)
    files = []
    for _ in 0..<(try reader.integer("the number of files", in: 0...Self.mostFiles)) {
      files.append(try reader.text("the path of a file", limit: 1 << 16))
    }
    usesDevices = try reader.boolean("a flag")
    memory = try reader.integer("a limit of memory", in: 1...Int64(1) << 50)
    try reader.end()
  }

  var fields: [UInt8] {
    var writer = FieldWriter()
    let files = self.files.prefix(Int(Self.mostFiles))
    writer.add(UInt16(clamping: files.count))
    for file in files { writer.add(file) }
    writer.add(usesDevices)
    writer.add(min(memory, 1 << 50))
    return writer.bytes
  }

  /// The rights of a process for both; memory adds up.
  package func and(_ other: ProcessRights) -> ProcessRights {
    ProcessRights(
      files: files + other.files.filter { !files.contains($0) },
      usesDevices: usesDevices || other.usesDevices,
      // bounded: at most 2^50 each, of a few streams
      memory: memory &+ other.memory)
  }

  /// What a process with these rights lacks for `other`; nil if nothing.
  ///
  /// Memory is not compared: the limit is far more than a stream needs.
  package func lack(of other: ProcessRights) -> String? {
    if let file = other.files.first(where: { !files.contains($0) }) { return file }
    return other.usesDevices && !usesDevices ? "devices" : nil
  }
}
