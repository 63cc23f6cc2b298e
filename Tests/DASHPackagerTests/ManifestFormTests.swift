// SPDX-License-Identifier: Apache-2.0

import DASHPackager
import Media
import Packaging
import TestSupport
import Testing
import Time

@Suite("MPDs keep to the schema and to Low-Latency Live in every state of a stream's life")
struct ManifestFormTests {
  @Test("order of elements, attributes and their types", arguments: ManifestCase.all)
  func form(form: ManifestCase) throws {
    for (state, snapshot) in try form.life() {
      let manifest = try XMLElement(document: form.text(of: snapshot))
      #expect(manifest.name == "MPD")
      let faults = ManifestRules.faults(of: manifest)
      #expect(faults.isEmpty, "\(state)")
    }
  }

  @Test(
    "ids are unique, Periods are consecutive, references are valid",
    arguments: ManifestCase.all)
  func ids(form: ManifestCase) throws {
    for (state, snapshot) in try form.life() {
      let manifest = try XMLElement(document: form.text(of: snapshot))
      let periods = manifest.all("Period")
      #expect(!periods.isEmpty, "\(state)")
      let ids = periods.compactMap { $0["id"] }
      #expect(Set(ids).count == periods.count, "\(state)")
      let starts = periods.compactMap { Seconds(duration: $0["start"] ?? "") }
      #expect(starts == starts.sorted() && Set(starts).count == periods.count, "\(state)")
      let times = manifest.everything.filter { $0.name == "ProducerReferenceTime" }
      let timeIDs = times.compactMap { $0["id"].flatMap { UInt64($0) } }
      #expect(Set(timeIDs).count == times.count && timeIDs.allSatisfy { $0 >= 1 }, "\(state)")
      // The one that Latency names is the first of all, and of type captured.
      if let latency = manifest.all("ServiceDescription").first?.all("Latency").first {
        #expect(latency["referenceId"] == times.first?["id"], "\(state)")
        #expect(times.first?["type"] == "captured", "\(state)")
      }
      // "UTCTiming: identical to one of the MPD, the same in all"
      let timings = manifest.all("UTCTiming").map { [$0["schemeIdUri"], $0["value"]] }
      for time in times {
        #expect(time.all("UTCTiming").map { [$0["schemeIdUri"], $0["value"]] } == [timings[0]])
      }
    }
  }

  @Test(
    "a live MPD has the low-latency elements in every set", arguments: ManifestCase.all)
  func live(form: ManifestCase) throws {
    for (state, snapshot) in try form.life() where snapshot.state != .ended {
      let manifest = try XMLElement(document: form.text(of: snapshot))
      #expect(manifest["type"] == "dynamic", "\(state)")
      for name in ["minimumUpdatePeriod", "timeShiftBufferDepth", "suggestedPresentationDelay"] {
        #expect(manifest[name] != nil, "\(state): \(name)")
      }
      let latency = try #require(manifest.all("ServiceDescription").first?.all("Latency").first)
      let target = try #require(Int64(latency["target"] ?? ""))
      #expect(target * 1000 == form.target)
      #expect(try #require(Int64(latency["max"] ?? "")) > target)
      let buffer = try #require(Seconds(duration: manifest["minBufferTime"] ?? ""))
      #expect(buffer.microseconds <= form.target / 2, "ExoPlayer never goes nearer than this")
      let parameters = form.parameters(try #require(snapshot.track).segmentation.video)
      for set in manifest.everything where set.name == "AdaptationSet" {
        let template = try #require(set.all("SegmentTemplate").first)
        #expect(
          template["availabilityTimeOffset"]
            == parameters.availabilityTimeOffset.map { Decimal.string($0.milliseconds, digits: 3) })
        #expect(
          template["availabilityTimeComplete"]
            == (parameters.availabilityTimeOffset == nil ? nil : "false"))
        #expect(set.all("ProducerReferenceTime").map { $0["type"] } == ["captured", "encoder"])
        #expect(set.all("Resync").isEmpty == (parameters.availabilityTimeOffset == nil))
      }
    }
  }

  @Test("the window depth is the duration of the listed segments")
  func depth() throws {
    let form = ManifestCase(prefill: 0)
    var stream = try form.stream()
    for count in 1...12 {
      stream.publish(segments: 1)
      let manifest = try XMLElement(document: form.text(of: stream.window.snapshot))
      #expect(manifest["timeShiftBufferDepth"] == "PT\(min(count, 10))S")
    }
  }

  @Test("an ended MPD says nothing of a live edge", arguments: ManifestCase.all)
  func ended(form: ManifestCase) throws {
    let (_, snapshot) = try #require(form.life().last)
    let manifest = try XMLElement(document: form.text(of: snapshot))
    #expect(manifest["type"] == "static" && manifest["mediaPresentationDuration"] != nil)
    for name in ["minimumUpdatePeriod", "timeShiftBufferDepth", "suggestedPresentationDelay"] {
      #expect(manifest[name] == nil)
    }
    for element in manifest.everything {
      #expect(element["availabilityTimeOffset"] == nil)
      #expect(element["availabilityTimeComplete"] == nil)
      #expect(element.name != "Resync" && element.name != "ServiceDescription")
    }
    let last = try #require(manifest.all("Period").last)
    let end = try #require(Seconds(duration: manifest["mediaPresentationDuration"] ?? ""))
    let start = try #require(Seconds(duration: last["start"] ?? ""))
    let duration = try #require(Seconds(duration: last["duration"] ?? ""))
    #expect(abs(start.microseconds + duration.microseconds - end.microseconds) <= 1)
  }

  @Test("a Period keeps its id and its location while it is listed", arguments: ManifestCase.all)
  func stable(form: ManifestCase) throws {
    var stream = try form.stream()
    var places: [String: [String?]] = [:]
    stream.publish(segments: 1)
    for round in 0..<40 {
      if round % 8 == 7 { stream.skip(Int64(round % 3), offset: .milliseconds(Int64(round) * 30)) }
      stream.publish(segments: 1)
      let manifest = try XMLElement(document: form.text(of: stream.window.snapshot))
      for period in manifest.all("Period") {
        let id = try #require(period["id"])
        let template = period.everything.first { $0.name == "SegmentTemplate" }
        let times = period.everything.filter { $0.name == "ProducerReferenceTime" }
        let location =
          [period["start"], template?["startNumber"], template?["presentationTimeOffset"]]
          + times.flatMap { [$0["id"], $0["wallClockTime"]] }
        #expect(places[id] ?? location == location, "round \(round)")
        places[id] = location
      }
    }
    #expect(places.count == 6)
  }

  @Test("equal editions, equal text; and the other way round", arguments: ManifestCase.all)
  func editions(form: ManifestCase) throws {
    var seen: [Manifest.Edition: String] = [:]
    for (state, snapshot) in try form.life() {
      let text = try form.text(of: snapshot)
      let edition = Manifest.Edition(snapshot)
      #expect(seen[edition] ?? text == text, "\(state)")
      seen[edition] = text
    }
    #expect(Set(seen.values).count == seen.count)
  }

  @Test(
    "the checker finds errors",
    arguments: [
      ("<Latency referenceId=\"1\" ", "<Latency "), ("start=\"PT0S\"", "start=\"0\""),
      ("availabilityTimeComplete=\"false\"", "availabilityTimeComplete=\"FALSE\""),
      (" bandwidth=\"1034000\"", ""), ("wallClockTime", "wallclockTime"), ("PT2S", "PT2.S"),
      ("<Resync type=\"0\" dT=\"3000\"/>", ""), ("frameRate=\"30\"", "frameRate=\"29.97\""),
      ("<PlaybackRate min=\"0.92\" max=\"1.08\"/>", "<PlaybackSpeed/>"),
    ])
  func checker(wrong: (old: String, new: String)) throws {
    let form = ManifestCase()
    let text = try form.text(of: form.stream().window.snapshot)
    let pieces = text.components(around: wrong.old)
    #expect(pieces.count == 2, "\(wrong.old) is there once")
    let changed = try XMLElement(document: pieces.joined(separator: wrong.new))
    if wrong.new.isEmpty, wrong.old.contains("Resync") {
      // No fault of form: the rule of every low-latency set sees it.
      #expect(changed.everything.filter { $0.name == "Resync" }.count == 1)
    } else {
      #expect(!ManifestRules.faults(of: changed).isEmpty)
    }
  }

  /// Names, numbers and times are those of the video; a picture is as high as its encoder makes it.
  @Test(
    "thumbnails are in an MPD of the past, with the numbers and times of the video",
    arguments: ManifestCase.all)
  func thumbnails(form: ManifestCase) throws {
    for (state, snapshot) in try form.life() {
      let manifest = try XMLElement(document: form.text(of: snapshot, depth: .seconds(3600)))
      #expect(ManifestRules.faults(of: manifest).isEmpty, "\(state)")
      for period in manifest.all("Period") {
        let sets = period.all("AdaptationSet")
        #expect(sets.map { $0["contentType"] } == ["video", "image"], "\(state)")
        #expect(Set(sets.compactMap { $0["id"] }).count == 2)
        let templates = try sets.map { try #require($0.all("SegmentTemplate").first) }
        for name in ["timescale", "duration", "startNumber", "presentationTimeOffset"] {
          #expect(templates[0][name] == templates[1][name], "\(state): \(name)")
        }
        #expect(
          templates[1]["media"]
            == templates[0]["media"]?.replacing("$RepresentationID$", with: "thumb")
            .replacing(".m4s", with: ".jpg"))
        #expect(templates[1]["availabilityTimeOffset"] == nil, "when the segment is complete")
        let picture = try #require(sets[1].all("Representation").first)
        #expect(picture["width"] == "320" && picture["height"] == "180")
        #expect(
          picture.all("EssentialProperty").map { $0["value"] } == ["1x1"])
      }
      let live = try form.text(of: snapshot)
      #expect(!live.contains("image"), "the live window is too short for a time bar")
    }
  }

  @Test("the height of a thumbnail is even, and that of the video if this is narrow")
  func thumbnailSizes() throws {
    let form = ManifestCase()
    let snapshot = try form.stream().window.snapshot
    let segmentation = try #require(snapshot.track).segmentation.video
    for (video, height) in [("1920x800", "132"), ("640x480", "240"), ("160x90", "90")] {
      let track = TrackDescription(
        rendition: "other", codecs: "avc1.42c01f", bandwidth: 1000,
        size: try #require(VideoSize(video)), segmentation: segmentation, header: [])
      let manifest = try XMLElement(
        document: form.text(of: snapshot, tracks: [track], depth: .seconds(60)))
      let set = manifest.everything.first { $0.name == "AdaptationSet" && $0["id"] == "2" }
      #expect(set?.all("Representation").first?["height"] == height)
    }
  }
}

extension String {
  /// The text split at the first occurrence of `part`.
  fileprivate func components(around part: String) -> [String] {
    guard let range = firstRange(of: part) else { return [self] }
    return [String(self[..<range.lowerBound]), String(self[range.upperBound...])]
  }
}
