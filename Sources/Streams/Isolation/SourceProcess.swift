// SPDX-License-Identifier: Apache-2.0

import Capture
import ChunkStream
import Glibc
import Isolation
import Sharing

/// The process of an input, and of the streams that share its connection.
///
/// The first thread gives up rights, and takes the connections of streams; the process ends when
/// the server is gone.
package enum SourceProcess {
  /// Runs the process if `arguments` and its descriptors are those of one; else returns.
  package static func runIfAsked(_ arguments: [String]) {
    guard let server = MessagePipe.toParent(IsolatedSource.argument, in: arguments) else { return }
    guard case .success(.process(_, let fields))? = try? server.receive(ParentMessage.self).message,
      let rights = try? ProcessRights(fields: fields)
    else { _exit(2) }
    // Afterwards no socket can listen.
    if rights.acceptsOwn { RTSPListener.open() }
    let protections = Sandbox.enter(
      files: rights.files, network: rights.network, usesDevices: rights.usesDevices,
      memory: UInt64(rights.memory))
    let faults = ProcessFaults()
    guard faults.begin(memory: rights.memory) else { _exit(3) }
    let inputs = SharedInputs(watch: faults.watch)
    do throws(ChildProcess.Refusal) {
      while true {
        // Without a descriptor or a thread the server sees a closed connection; other streams stay.
        guard let pipe = try server.receiveEnd() else { continue }
        let thread = OSThread(name: "server") {
          IsolatedStream.run(pipe, protections.rawValue, inputs, faults)
        }
        if thread == nil { pipe.shutDown() }
      }
    } catch { _exit(0) }
  }
}
