// SPDX-License-Identifier: Apache-2.0

import Capture
import ChunkStream
import Glibc
import Isolation
import Sharing
import Time

/// The process that pushes a stream by RTMP or SRT.
///
/// It gives up its rights before it looks up the receiver: no files but those of the C library and
/// of certificates, and the network to one TCP port. One thread obeys the orders of the server; the
/// process ends when the server is gone.
package enum PushProcess {
  /// The first argument of the process.
  static let argument = "--push-process"

  /// Runs the process if `arguments` and its descriptors are those of one; else returns.
  package static func runIfAsked(_ arguments: [String]) {
    guard let server = MessagePipe.toParent(argument, in: arguments) else { return }
    guard case .success(.process(_, let rights))? = try? server.receive(PushOrder.self).message
    else { _exit(2) }
    let protections = Sandbox.enter(
      files: rights.file.isEmpty ? [] : [rights.file],
      network: .ports(rights.port == 0 ? [] : [rights.port]), usesDevices: false,
      memory: UInt64(clamping: rights.memory))
    OutOfMemory.whenNoted { _exit(4) }
    server.send(
      PushAnswer.hello(version: ChildMessage.version, protections: protections.rawValue))
    var sender = PushSender(certificates: rights.file)
    do {
      while case .success(let order) = try server.receive(PushOrder.self).message {
        if case .end = order {
          sender.finish()
          _exit(0)
        }
        if let answer = try sender.obey(order) { server.send(answer) }
      }
      _exit(2)
    } catch let failure as PushFailure {
      server.send(PushAnswer.failed(reason: failure.description, isRefusal: failure.isRefusal))
      _exit(1)
    } catch { _exit(0) }
  }
}
