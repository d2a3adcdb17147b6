import Foundation
import GenkiRound

/// What became of each kind of hostile repository, for people: printed with `GENKI_TABLES=1`.
struct HostileTable {
  /// One repository at the end of a round.
  struct Row {
    let entry: HostileRound.Entry
    let outcome: Outcome?
    /// Bytes that the hub has sent of it.
    let bytes: Int
    /// Requests that were made of it.
    let requests: Int
  }

  let rows: [Row]

  /// A line a kind; of several repositories the one that cost most.
  var text: String {
    var kinds: [String] = []
    for row in rows where !kinds.contains(row.entry.kind.name) { kinds.append(row.entry.kind.name) }
    let lines = kinds.map { kind -> String in
      let own = rows.filter { $0.entry.kind.name == kind }
      let cells = [
        kind, "\(own.count)", own.first?.entry.kind.verdictText ?? "",
        "\(own.map(\.bytes).max() ?? 0)", "\(own.map(\.requests).max() ?? 0)",
        own.first?.outcome?.reason ?? "",
      ]
      return "| \(cells.joined(separator: " | ")) |"
    }
    return
      (["| kind | repositories | verdict | bytes, at most | requests, at most | reason |"]
      + ["| --- | ---: | --- | ---: | ---: | --- |"] + lines).joined(separator: "\n")
  }

  func printIfWanted(_ title: String) {
    guard ProcessInfo.processInfo.environment["GENKI_TABLES"] == "1" else { return }
    print("\(title)\n\n\(text)\n")
  }
}
