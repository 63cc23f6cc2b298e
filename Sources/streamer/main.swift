import Capture
import Glibc
import Logging
import Net
import Sharing
import Streams

// Signals are taken by a thread of their own; every thread inherits that they are blocked.
SignalWaiter.block()

/// Ends the program with one line; 2 for what was asked, 1 for what failed.
func exitWith(_ status: Int32, _ line: String) -> Never {
  Log.standardError("streamer: \(Redaction.redact(line))\n")
  exit(status)
}

let settings: Settings
do {
  settings = try CommandLineReader.settings(Array(CommandLine.arguments.dropFirst()))
} catch { exitWith(2, "\(error)") }

switch settings.action {
case .printHelp:
  print(HelpText.text, terminator: "")
  exit(0)
case .printVersion:
  print("streamer \(Version.text)")
  exit(0)
case .listCameras:
  for line in listCameras() { print(line) }

  exit(0)
case .stream: break
}

let log = Log(format: settings.logFormat, least: settings.logLevel)
let handedOver: [ListeningSocket]
let wiring: Wiring
let accessLog: LineFile?
do {
  handedOver = try SupervisorSockets.take()
  wiring = try Wiring(settings, isSupervised: !handedOver.isEmpty)
  accessLog = try settings.accessLog.map { try LineFile($0, log: log) }
} catch let error as LineFile.Failure {
  exitWith(2, "--access-log: \(error); allowed is the path of a file that can be written")
} catch { exitWith(2, "\(error)") }

let program: Program
do {
  let endpoints = try wiring.assign(handedOver)
  program = try Program(wiring, log: log, accessLog: accessLog, handedOver: endpoints)
} catch let error as UsageError {
  exitWith(2, "\(error)")
} catch NetError.unknownHost(let host, let reason) {
  exitWith(2, "--host: \"\(host)\" was given: \(reason); allowed is a host name or an address")
} catch { exitWith(1, "\(error)") }

/// What the program ends with: a signal, or nil when the stream failed.
let ending = Mailbox<SignalWaiter.Signal??>(nil)
do {
  try SignalWaiter.start { signal in
    guard signal != .hangup else {
      accessLog?.reopen()
      return program.reload()
    }
    ending.update { $0 = $0 ?? .some(signal) }
  }
  try program.start { ending.update { $0 = $0 ?? .some(nil) } }
} catch LiveStream.Failure.source(let reason) {
  // A source that was named and is not there is a wrong argument.
  exitWith(2, reason)
} catch { exitWith(1, "\(error)") }

switch ending.wait({ $0 }) {
case nil:
  program.finish()
  accessLog?.close()
  exit(1)
case .user2: program.leave()
case .terminate where program.isSupervised: program.leave()
default: program.finish()
}
accessLog?.close()
exit(0)
