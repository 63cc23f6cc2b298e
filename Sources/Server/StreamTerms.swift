package import DASHPackager
package import Streams

extension StreamConfiguration {
  /// What the MPDs of the stream say of themselves.
  package var presentationTerms: PresentationTerms {
    PresentationTerms(
      name: name, cadence: cadence, targetLatencyMicroseconds: targetLatencyMicroseconds,
      inputDelay: inputDelay, soundDelay: soundDelay)
  }
}
