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
case .probe:
  guard let address = settings.input else { exit(2) }
  try? SignalWaiter.start { _ in exit(130) }
  do {
    let findings = try InputProbe(address, options: settings.inputOptions).run(
      segmentMicroseconds: settings.segmentMicroseconds, cancellation: InputCancellation())
    for line in findings.lines(address: address) { print(line) }
    exit(0)
  } catch { exitWith(1, "\(address): \(error)") }
case .stream: break
}

let log = Log(format: settings.logFormat, least: settings.logLevel)

/// What the program ends with.
enum Ending {
  case signal(SignalWaiter.Signal)
  case failed
  /// A file or standard input has ended.
  case sourceEnded
}
let ending = Mailbox<Ending?>(nil)
/// The program once there is one, for signals.
let running = Locked<Program?>(nil)

let source = settings.input.map {
  NetworkSource(
    $0, options: settings.inputOptions, loops: settings.loops, name: settings.name, log: log)
}
let inputStart = source.map { InputStart($0) }
let handedOver: [ListeningSocket]
var wiring: Wiring
let accessLog: LineFile?
do {
  handedOver = try SupervisorSockets.take()
  wiring = try Wiring(settings, source: source, isSupervised: !handedOver.isEmpty)
  accessLog = try settings.accessLog.map { try LineFile($0, log: log) }
} catch let error as LineFile.Failure {
  exitWith(2, "--access-log: \(error); allowed is the path of a file that can be written")
} catch { exitWith(2, "\(error)") }

let program: Program
do {
  let endpoints = try Program.endpoints(wiring, try wiring.assign(handedOver))
  try SignalWaiter.start { signal in
    guard signal != .hangup else {
      accessLog?.reopen()
      return running.withLock { $0 }?.reload() ?? ()
    }
    ending.update { $0 = $0 ?? .signal(signal) }
    inputStart?.giveUp()
  }
  if let inputStart {
    let known = try inputStart.complete(settings)
    wiring = try Wiring(
      known, source: source, isSupervised: !handedOver.isEmpty, after: wiring)
  }
  program = try Program(wiring, log: log, accessLog: accessLog, endpoints: endpoints)
  running.withLock { [program] in $0 = program }
} catch let error as UsageError {
  exitWith(2, "\(error)")
} catch NetError.unknownHost(let host, let reason) {
  exitWith(2, "--host: \"\(host)\" was given: \(reason); allowed is a host name or an address")
} catch InputError.cancelled {
  exit(0)
} catch let error as InputError {
  exitWith(2, "--input: \"\(settings.input?.description ?? "")\" was given: \(error)")
} catch { exitWith(1, "\(error)") }

do {
  source?.whenEnded { ending.update { $0 = $0 ?? .sourceEnded } }
  try program.start { ending.update { $0 = $0 ?? .failed } }
} catch LiveStream.Failure.source(let reason) {
  // A source that was named and is not there is a wrong argument.
  exitWith(2, reason)
} catch { exitWith(1, "\(error)") }

var last = ending.wait { $0 }
if case .sourceEnded = last {
  program.endStream()
  ending.update { $0 = nil }
  // The window is served for as long as it plays, or until a signal.
  let deadline = SystemClock.monotonic + program.windowNanoseconds
  while SystemClock.monotonic < deadline, ending.update({ $0 }) == nil {
    SystemClock.sleep(until: SystemClock.monotonic + 100_000_000)
  }
  last = .signal(.interrupt)
}
switch last {
case .failed:
  program.finish()
  accessLog?.close()
  exit(1)
case .signal(.user2): program.leave()
case .signal(.terminate) where program.isSupervised: program.leave()
default: program.finish()
}
accessLog?.close()
exit(0)
