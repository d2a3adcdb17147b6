import GenkiConsole

/// Whether what is fetched next has room; publishing needs none, the files are read where they lie.
package struct HubSpace: Sendable {
  /// The cache's folder.
  package var folder: String
  /// What may still be written there.
  package var freeBytes: Int
  /// What the models in it take.
  package var usedBytes: Int
  /// What they may take.
  package var quotaBytes: Int
  /// What the next fetches bring, and what that is; nil before the first round.
  package var need: (bytes: Int, words: String)?

  /// What is known of a disk; see the properties.
  package init(
    folder: String, freeBytes: Int, usedBytes: Int, quotaBytes: Int,
    need: (bytes: Int, words: String)?
  ) {
    self.folder = folder
    self.freeBytes = freeBytes
    self.usedBytes = usedBytes
    self.quotaBytes = quotaBytes
    self.need = need
  }

  /// What is to be said of it.
  package var finding: (String, EnvironmentCheck.Grade) {
    let text =
      "\(HumanUnits.bytes(freeBytes)) are free for \(folder), which holds "
      + "\(HumanUnits.bytes(usedBytes)) of \(HumanUnits.bytes(quotaBytes)) (hub.cache_bytes_max)"
    if let need {
      let words = "\(need.words) may take \(HumanUnits.bytes(need.bytes))"
      guard need.bytes <= quotaBytes else {
        return ("\(text); \(words): raise hub.cache_bytes_max", .failed)
      }
      // What is there may go to make room.
      guard need.bytes <= freeBytes + usedBytes else {
        return ("\(text); \(words): free some space", .failed)
      }
    }
    guard quotaBytes - usedBytes <= freeBytes else {
      return (
        "\(text): the disk is full before the cache is; lower it, or free some space", .warning
      )
    }
    return (text, .good)
  }
}
