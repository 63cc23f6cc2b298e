// SPDX-License-Identifier: Apache-2.0

/// The requests to hooks that wait for a thread: a pure state machine.
///
/// Requests that clients wait for come first. The others occupy some of the threads at most, so
/// that a slow server of theirs delays no client.
struct HookQueue<Call: Sendable>: Sendable {
  /// Further requests of a kind are not accepted.
  static var maximumWaiting: Int { 256 }
  /// The most threads.
  static var maximumThreads: Int { 8 }
  /// The most threads with requests that no client waits for.
  static var maximumPatient: Int { 4 }

  private var urgent: [Call] = []
  private var patient: [Call] = []
  private var threads = 0
  private var patientThreads = 0

  /// Adds a request.
  ///
  /// - Parameters:
  ///   - call: the request.
  ///   - isUrgent: whether a client waits for it.
  /// - Returns: whether it was accepted, and whether another thread must be started, which counts
  ///   as running.
  mutating func add(_ call: Call, isUrgent: Bool) -> (isTaken: Bool, needsThread: Bool) {
    guard (isUrgent ? urgent : patient).count < Self.maximumWaiting else { return (false, false) }
    if isUrgent { urgent.append(call) } else { patient.append(call) }
    guard threads < Self.maximumThreads else { return (true, false) }
    threads += 1
    return (true, true)
  }

  /// Takes the next request for a thread.
  ///
  /// - Parameter wasPatient: whether its last request was one that no client waits for; nil for
  ///   the first one.
  /// - Returns: the request, and whether no client waits for it; nil if the thread ends.
  mutating func next(after wasPatient: Bool?) -> (call: Call, isPatient: Bool)? {
    if wasPatient == true { patientThreads -= 1 }
    if !urgent.isEmpty { return (urgent.removeFirst(), false) }
    if !patient.isEmpty, patientThreads < Self.maximumPatient {
      patientThreads += 1
      return (patient.removeFirst(), true)
    }
    threads -= 1
    return nil
  }

  /// Notes that a thread could not be started.
  ///
  /// - Returns: the requests that no thread will take.
  mutating func threadFailed() -> [Call] {
    threads -= 1
    guard threads == 0 else { return [] }
    defer { (urgent, patient) = ([], []) }
    return urgent + patient
  }
}
