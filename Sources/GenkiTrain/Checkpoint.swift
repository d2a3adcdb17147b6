import GenkiCore
import GenkiFormats

/// How far a run has come; what a checkpoint keeps beside the weights and moments.
struct FinetuneProgress: Equatable {
  /// Completed steps.
  var step = 0
  /// The last steps' losses, oldest first.
  var recentLosses: [Double] = []
  /// The base's loss on the held-out windows.
  var baseLoss: Double?

  /// Over how many steps `train_loss` is the mean.
  static let recentMaximum = 10

  /// Counts a step.
  mutating func record(loss: Double) {
    step += 1
    recentLosses = (recentLosses + [loss]).suffix(Self.recentMaximum)
  }

  /// The mean of the recent losses.
  var trainLoss: Double? {
    recentLosses.isEmpty ? nil : recentLosses.reduce(0, +) / Double(recentLosses.count)
  }

  init() {}

  init?(json: JSONValue) {
    guard let step = json["step"]?.intValue, step >= 0,
      let losses = json["recent_losses"]?.arrayValue, losses.count <= Self.recentMaximum
    else { return nil }
    self.step = step
    recentLosses = losses.compactMap(\.doubleValue)
    baseLoss = json["base_loss"]?.doubleValue
  }

  var json: JSONObject {
    [
      "step": JSONValue(step), "recent_losses": .array(recentLosses.map { .number($0) }),
      "base_loss": baseLoss.map { .number($0) } ?? .null,
    ]
  }
}

/// A checkpoint file: the trained weights and both moments in float32, and the progress as metadata.
/// It appears by write, sync and rename, so there is never half of one.
enum Checkpoint {
  typealias Spans = [(name: String, values: UnsafeMutableBufferPointer<Float>)]

  private static let metadataKey = "genki_checkpoint"

  static func write(
    to path: String, _ spans: Spans, progress: FinetuneProgress, settings: FinetuneSettings
  ) throws {
    var metadata = progress.json
    metadata["settings_sha256"] = .string(settings.digest.hex)
    let byName = Dictionary(uniqueKeysWithValues: spans.map { ($0.name, $0.values) })
    try SafetensorsWriter.write(
      to: path, tensors: spans.map { ($0.name, [$0.values.count], .F32) },
      metadata: [metadataKey: JSONValue.object(metadata).encoded()]
    ) { name, range, out in
      guard let base = byName[name]?.baseAddress else { return }
      out.update(from: base + range.lowerBound, count: range.count)
    }
  }

  /// Fills the spans; they are unchanged when anything in the file does not fit.
  static func read(
    _ path: String, into spans: Spans, settings: FinetuneSettings
  ) throws -> FinetuneProgress {
    try MappedFiles.checked { try read(checked: path, into: spans, settings: settings) }
  }

  private static func read(
    checked path: String, into spans: Spans, settings: FinetuneSettings
  ) throws -> FinetuneProgress {
    let file = try SafetensorsFile(path: path)
    func damaged(_ why: String) -> FinetuneError { .damagedState(path: path, why: why) }
    guard let text = file.metadata[metadataKey] else { throw damaged("it is not a checkpoint") }
    let metadata = try JSONValue.parse(Array(text.utf8), source: path)
    guard let progress = FinetuneProgress(json: metadata) else {
      throw damaged("its metadata are incomplete")
    }
    guard metadata["settings_sha256"]?.stringValue == settings.digest.hex else {
      throw damaged("it belongs to a run with other settings")
    }
    let tensors = try spans.map { span in
      guard let info = file[span.name], info.type == .F32, info.shape == [span.values.count] else {
        throw damaged("\(span.name) is missing or has another size")
      }
      return info
    }
    for (span, info) in zip(spans, tensors) {
      if let base = span.values.baseAddress { try file.readFloats(info, into: base) }
    }
    return progress
  }
}
