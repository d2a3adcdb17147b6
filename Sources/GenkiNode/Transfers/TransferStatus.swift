import GenkiConsole
import GenkiCore

/// How far a transfer is.
public struct TransferStatus: Sendable {
  /// What is moved.
  public var label: TransferLabel
  /// The file; nil before the first byte.
  public var name: String?
  /// Bytes done of all files.
  public var bytesDone = 0
  /// Bytes of all files; 0 before they are known.
  public var bytesTotal = 0
  /// The smoothed rate.
  public var bytesPerSecond = 0.0
  /// Seconds since it began.
  public var seconds = 0.0

  /// Seconds left at the rate; nil where it tells nothing.
  public var etaSeconds: Double? {
    guard bytesTotal > 0, bytesPerSecond >= 1 else { return nil }
    return Double(max(0, bytesTotal - bytesDone)) / bytesPerSecond
  }

  /// As `status` and events show it.
  public var json: JSONObject {
    var result: JSONObject = [
      "direction": .string(label.direction.rawValue),
      "repository": .string(label.repository.description),
      "bytes_done": JSONValue(bytesDone), "bytes_total": JSONValue(bytesTotal),
      "bytes_per_second": .number(bytesPerSecond.rounded()), "seconds": .number(tenths(seconds)),
    ]
    if let name { result["name"] = .string(name) }
    if let etaSeconds { result["eta_seconds"] = .number(etaSeconds.rounded()) }
    for entry in label.fields.entries { result[entry.key] = entry.value }
    return result
  }

  /// How far it came, in words.
  public var distance: String {
    "\(HumanUnits.bytes(bytesDone)) of \(HumanUnits.bytes(bytesTotal)) in "
      + "\(Int(min(seconds, 1e9))) s"
  }

  private func tenths(_ value: Double) -> Double { (value * 10).rounded() / 10 }
}
