// SPDX-License-Identifier: Apache-2.0

import Capture
import ChunkStream
import Glibc
import Isolation
import Sharing

/// The process that decodes frames and encodes them as JPEG.
///
/// It gives up its rights before the first byte of media: no files, no network. One thread obeys
/// the orders of the server, which waits for each still; the process ends when the server is gone.
package enum StillProcess {
  /// The first argument of the process.
  static let argument = "--still-process"

  /// Runs the process if `arguments` and its descriptors are those of one; else returns.
  package static func runIfAsked(_ arguments: [String]) {
    guard let server = MessagePipe.toParent(argument, in: arguments) else { return }
    guard case .success(.process(_, let memory))? = try? server.receive(StillOrder.self).message
    else { _exit(2) }
    let protections = Sandbox.enter(
      files: [], network: .none, usesDevices: false, memory: UInt64(clamping: memory))
    OutOfMemory.whenNoted { _exit(4) }
    server.send(
      StillAnswer.hello(version: ChildMessage.version, protections: protections.rawValue))
    var workshop = StillWorkshop()
    while let result = try? server.receive(StillOrder.self).message {
      guard case .success(let order) = result else { _exit(2) }
      if let answer = workshop.obey(order) { server.send(answer) }
    }
    _exit(0)
  }
}

/// The decoders and the encoder of the process.
///
/// Confined to one thread. A fault of a decoder is the answer to each order for it until it begins
/// a group.
struct StillWorkshop {
  private var decoders: [UInt8: Result<StillDecoder, StillDecoder.Fault>] = [:]
  private var encoder: JPEGEncoder?

  /// Obeys an order.
  ///
  /// - Returns: the answer to an order for a still; nil for other orders.
  mutating func obey(_ order: StillOrder) -> StillAnswer? {
    switch order {
    case .process: break
    case .open(let number, let header):
      decoders[number] = Result { () throws(StillDecoder.Fault) in
        try StillDecoder(header: header)
      }
    case .begin(let number):
      change(number) { decoder throws(StillDecoder.Fault) in try decoder.begin() }
    case .media(let number, let last, let chunks):
      change(number) { decoder throws(StillDecoder.Fault) in
        if chunks.count > 0 { try decoder.add(chunks) }
        decoder.decode(through: last)
      }
    case .still(let number, let ticket, let width): return still(number, ticket, width)
    }
    return nil
  }

  private mutating func change(
    _ number: UInt8, _ body: (StillDecoder) throws(StillDecoder.Fault) -> Void
  ) {
    guard case .success(let decoder)? = decoders[number] else { return }
    do throws(StillDecoder.Fault) { try body(decoder) } catch {
      decoders[number] = .failure(error)
    }
  }

  private mutating func still(_ number: UInt8, _ ticket: UInt32, _ width: UInt16) -> StillAnswer {
    do {
      guard let decoder = try decoders[number]?.get() else {
        return .refused(ticket: ticket, reason: "the decoder is not open")
      }
      let (frame, isLast) = try decoder.frame()
      let encoder = try encoder ?? JPEGEncoder()
      self.encoder = encoder
      let picture = try encoder.encode(frame, width: width > 0 ? Int(width) : nil)
      return .still(ticket: ticket, endsGroup: isLast, SharedBytes(picture))
    } catch {
      return .refused(ticket: ticket, reason: "\(error)")
    }
  }
}
