import Foundation
import GenkiCore
import GenkiFederation

/// What the chosen step gained on the guard's held-out windows, as the record beside a Dama tells.
package struct AnnouncedGain: Equatable {
  /// The gain on one held-out file.
  package struct DataSet: Equatable {
    package let name: String
    /// Base less Dama, nats per token.
    package let delta: Double
  }

  /// The mean over the files, each counting the same.
  package let delta: Double
  package let standardError: Double
  package let datasets: [DataSet]
  /// The share of the changed weights that rounding to the Dama's type has left changed; nil where
  /// nothing is rounded.
  package let changesKept: Double?

  /// Reads the trial of a step from the record in a Dama's folder.
  package init(folder: String, step: Double) throws {
    let path = "\(folder)/\(RoundManifest.fileName)"
    let bytes = try TextFile.readBytes(path, sizeLimit: RoundManifest.bytesMaximum)
    try self.init(record: JSONValue.parse(bytes, source: path), path: path, step: step)
  }

  /// Reads the trial of a step from a record.
  package init(record: JSONValue, path: String, step: Double) throws {
    let trial = record["guard"]?.arrayValue?.first { $0["step_size"]?.doubleValue == step }
    guard let trial, let delta = trial["delta_loss"]?.doubleValue,
      let standardError = trial["standard_error"]?.doubleValue
    else {
      throw DemoError.unexpectedOutput(
        command: path, problem: "it has no trial of step \(step)")
    }
    self.delta = delta
    self.standardError = standardError
    changesKept = trial["changes_kept"]?.doubleValue
    datasets = (trial["datasets"]?.arrayValue ?? []).compactMap { set in
      guard let name = set["name"]?.stringValue, let delta = set["delta_loss"]?.doubleValue
      else { return nil }
      return DataSet(name: name, delta: delta)
    }
  }

  /// The gain in the rounds' document.
  var json: JSONValue {
    [
      "delta_loss": .number(delta), "standard_error": .number(standardError),
      "changes_kept": JSONValue(changesKept),
      "datasets": .array(
        datasets.map { ["name": .string($0.name), "delta_loss": .number($0.delta)] }),
    ]
  }
}
