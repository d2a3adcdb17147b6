import GenkiCore

/// What a process keeps from being evicted, and the bytes that its fetches still bring.
struct CacheClaims: Sendable, Equatable {
  private static let end = "end"

  /// Keys of pinned models.
  var pinned: Set<String> = []
  /// Bytes of the files that running fetches bring, for each model; what of them is on disk already
  /// counts here, too.
  var wanted: [String: Int] = [:]

  init() {}

  /// The text for the other processes: one claim a line, and a last line that tells it from the
  /// beginning of a longer one.
  var text: String {
    let pins = pinned.sorted().map { "pin \($0)\n" }
    let wants = wanted.sorted { $0.key < $1.key }.map { "want \($0.key) \($0.value)\n" }
    return (pins + wants).joined() + Self.end + "\n"
  }

  /// Reads another process's text; nil if it is not whole.
  init?(parsing text: String) {
    var isWhole = false
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ").map(String.init)
      switch words.first {
      case _ where isWhole: return nil
      case Self.end: isWhole = words.count == 1
      case "pin" where words.count == 2: pinned.insert(words[1])
      case "want" where words.count == 3:
        guard let bytes = Int(words[2]), bytes >= 0 else { return nil }
        wanted[words[1]] = min(bytes, HubLimits.fileBytesMaximum * HubLimits.entriesMaximum)
      default: return nil
      }
    }
    guard isWhole else { return nil }
  }
}
