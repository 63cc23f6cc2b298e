// SPDX-License-Identifier: Apache-2.0

package import Capture
import ChunkStream
import Logging
import Media
import Time

/// The source that a process of its own reads, and the rights that the process keeps.
package struct StartOrder: Sendable {
  /// The facts about a source that an earlier process has read.
  struct Known: Sendable {
    let facts: SourceFacts
    /// When the source is opened.
    var notBefore: MonotonicTime
  }

  /// The URL, file or standard input.
  package let address: InputAddress
  /// How it is read.
  package var options = InputOptions()
  /// Whether a file starts over when it ends.
  package var loops = false
  /// Whether its audio is used.
  package var takesAudio = false
  /// The limits of pass-through; nil if it is encoded in any case.
  package var passThrough: PassThroughOptions?
  /// The name of the stream, for the log.
  package let name: String
  /// The most bytes of data of the process.
  package var memory: Int64 = 1 << 30
  /// Whether an encoder needs the files of devices.
  package var usesDevices = false
  /// The least level of the lines of the log.
  var logLevel = Log.Level.debug
  /// Nil if the process finds out the facts.
  var known: Known?

  /// A source with default options.
  package init(_ address: InputAddress, name: String) {
    self.address = address
    self.name = name
  }

  init(fields: [UInt8]) throws(MessageError) {
    var reader = FieldReader(fields)
    let raw = try reader.text("an address", limit: 1 << 16)
    guard let address = InputAddress(raw) else {
      throw .invalid(field: "an address", value: "that cannot be read")
    }
    self.init(address, name: try reader.text("a name", limit: 256))
    options = try InputOptions(&reader)
    loops = try reader.boolean("a flag")
    takesAudio = try reader.boolean("a flag")
    passThrough = try reader.optional("a flag") { reader throws(MessageError) in
      PassThroughOptions(
        segmentMicroseconds: try reader.integer(), longestGroup: .nanoseconds(try reader.integer()))
    }
    memory = try reader.integer("a limit of memory", in: 1...Int64(1) << 50)
    usesDevices = try reader.boolean("a flag")
    let level = try reader.integer("a level", in: 0...UInt8(3))
    logLevel = Log.Level.allCases[Int(level)]
    known = try reader.optional("a flag") { reader throws(MessageError) in
      Known(
        facts: try SourceFacts(&reader),
        notBefore: MonotonicTime(nanoseconds: try reader.integer()))
    }
    try reader.end()
  }

  var fields: [UInt8] {
    var writer = FieldWriter()
    writer.add(address.raw)
    writer.add(name)
    options.write(to: &writer)
    writer.add(loops)
    writer.add(takesAudio)
    writer.add(passThrough) { writer, options in
      writer.add(options.segmentMicroseconds)
      writer.add(options.longestGroup.nanoseconds)
    }
    writer.add(memory)
    writer.add(usesDevices)
    writer.add(UInt8(clamping: Log.Level.allCases.firstIndex(of: logLevel) ?? 0))
    writer.add(known) { writer, known in
      known.facts.write(to: &writer)
      writer.add(known.notBefore.nanoseconds)
    }
    return writer.bytes
  }

  /// The files that the process reads: the input's own, or the folder of a playlist of files.
  var files: [String] {
    guard let path = address.filePath else { return [] }
    let isPlaylist = [".m3u8", ".m3u", ".mpd"].contains { path.lowercased().hasSuffix($0) }
    guard isPlaylist else { return [path] }
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    return [folder]
  }
}

extension InputOptions {
  fileprivate init(_ reader: inout FieldReader) throws(MessageError) {
    self.init()
    let transport = try reader.text("a transport", limit: 8)
    rtspTransport = Transport(rawValue: transport) ?? .tcp
    openLimit = .nanoseconds(try reader.integer())
    listensForEver = try reader.boolean("a flag")
    silenceLimit = .nanoseconds(try reader.integer())
    let size = try reader.text("the largest size of a frame", limit: 32)
    guard let limit = FrameSizeLimit(size) else {
      throw .invalid(field: "the largest size of a frame", value: size)
    }
    frameSizeLimit = limit
    decoderErrorLimit = Int(try reader.integer("a limit of errors", in: 1...Int64(1) << 32))
    reachesOtherHosts = try reader.boolean("a flag")
  }

  fileprivate func write(to writer: inout FieldWriter) {
    writer.add(rtspTransport.rawValue)
    writer.add(openLimit.nanoseconds)
    writer.add(listensForEver)
    writer.add(silenceLimit.nanoseconds)
    writer.add("\(frameSizeLimit)")
    writer.add(Int64(decoderErrorLimit))
    writer.add(reachesOtherHosts)
  }
}
