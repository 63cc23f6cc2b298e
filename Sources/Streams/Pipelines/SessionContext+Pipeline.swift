// SPDX-License-Identifier: Apache-2.0

extension SessionContext {
  /// The pipeline in this process, of the units of `source` or of a local source.
  func pipeline(of source: PulledSource?) -> any Pipeline {
    configuration.passesThrough
      ? PassThroughPipeline(self, source: source) : EncodingPipeline(self, source: source)
  }
}
