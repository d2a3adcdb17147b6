import GenkiCore
import TestSupport

/// Repositories whose listing is the attack.
extension HostileKind {
  static let listings: [HostileKind] = [
    listing("a page of HTML", .unavailable, "no JSON", Array("<html>busy</html>".utf8)),
    listing("broken JSON", .unavailable, "no JSON", Array(#"[{"type":"file""#.utf8)),
    listing("JSON nested without end", .unavailable, "no JSON", HostileForge.nested()),
    listing("no list", .unavailable, "a listing is no list", Array(#"{"files":[]}"#.utf8)),
    listing(
      "two megabytes", .unavailable, "more than the limit",
      [UInt8](repeating: UInt8(ascii: " "), count: 2 << 20)),
    endlessListing,
    dense,
    HostileKind(
      name: "100,000 files", verdict: refused, reason: "65 files, more than the limit of 64",
      fault: { _, request in
        request.isListing
          ? .answer(thousand, headers: ["Link: <\(request.target)&page>; rel=\"next\""]) : nil
      }),
    HostileKind(
      name: "pages without end", verdict: bad, reason: "more than 8 pages",
      fault: { _, request in
        request.isListing
          ? .answer(
            Array(#"[{"type":"directory","path":"a"}]"#.utf8),
            headers: ["Link: <\(request.target)&page>; rel=\"next\""]) : nil
      }),
    HostileKind(
      name: "a next page at another host", verdict: bad, reason: "at another host",
      fault: { _, request in
        request.isListing
          ? .answer(
            Array("[]".utf8), headers: ["Link: <http://127.0.0.2/tree>; rel=\"next\""]) : nil
      }),
    names("a way out of the folder", ["../model.safetensors"], "has a path separator"),
    names("an absolute path", ["/etc/passwd"], "has a path separator"),
    names("a file in a folder", ["original/model.safetensors"], "has a path separator"),
    names("a NUL in a name", ["config.json\u{0}.safetensors"], "has a control character"),
    names("an escape sequence in a name", ["\u{1B}[2Jconfig.json"], "has a control character"),
    names("names that differ in case", ["Config.json"], "it differs in case only"),
    names("a name twice", ["model.safetensors"], "stands twice"),
    names("a name in other letters", ["m\u{43E}del.safetensors"], "it is not ASCII"),
    names("a program", ["modeling_x.py"], "it is a program"),
    names("an archive", ["weights.tar.gz"], "it is an archive"),
    names("a model and an adapter", ["adapter_config.json"], "different sets of weights"),
    listing("a pickle only", refused, "it may hold code", [entry("pytorch_model.bin")]),
    listing(
      "one of 99,999 shards", refused, "is missing",
      [entry("model-00001-of-99999.safetensors"), entry("model.safetensors.index.json")]),
    listing(
      "one byte more than allowed", refused, "300001 bytes, more than the limit",
      [entry("model.safetensors", size: "300001")]),
    listing("a size below zero", bad, "has -1 bytes", [entry("model.safetensors", size: "-1")]),
    listing(
      "a size beyond all integers", bad, "without path or size",
      [entry("model.safetensors", size: "1e300")]),
    listing(
      "two sizes of a file", bad, "no hash of",
      [entry("model.safetensors", size: "100", largeSize: "200")]),
    listing("no hash", bad, "no hash of", [entry("model.safetensors", digest: "none")]),
  ]

  /// Sends bytes as fast as they are taken.
  static let endlessListing = HostileKind(
    name: "a listing without end", verdict: .unavailable, reason: "more than the limit",
    fault: { $1.isListing ? .endless : nil })

  /// More values than a page has, in fewer bytes than it may have.
  static let dense = listing(
    "full of numbers", .unavailable, "or too much",
    Array(("[" + String(repeating: "1,", count: 250_000) + "1]").utf8))

  static let refused = Verdict.rejected(gate: 4, code: "files_refused")
  static let bad = Verdict.rejected(gate: 4, code: "bad_repository")

  private static let thousand = list(
    (0..<1_000).map { entry("model-\(10_000 + $0)-of-99999.safetensors") })

  private static func listing(
    _ name: String, _ verdict: Verdict, _ reason: String, _ body: [UInt8]
  ) -> HostileKind {
    HostileKind(
      name: "a listing: \(name)", verdict: verdict, reason: reason,
      fault: { $1.isListing ? .answer(body) : nil })
  }

  private static func listing(
    _ name: String, _ verdict: Verdict, _ reason: String, _ entries: [String]
  ) -> HostileKind {
    listing(name, verdict, reason, list(entries))
  }

  /// A listing in which these names stand after the weights.
  private static func names(
    _ name: String, _ names: [String], _ reason: String
  ) -> HostileKind {
    listing(name, refused, reason, [entry("model.safetensors")] + names.map { entry($0) })
  }

  private static func list(_ entries: [String]) -> [UInt8] {
    Array("[\(entries.joined(separator: ","))]".utf8)
  }

  private static func entry(
    _ name: String, size: String = "1000", largeSize: String? = nil,
    digest: String = String(repeating: "ab", count: 32)
  ) -> String {
    #"{"type":"file","path":\#(JSONValue.string(name).encoded()),"size":\#(size),"#
      + #""oid":"\#(digest.prefix(40))","#
      + #""lfs":{"oid":"\#(digest)","size":\#(largeSize ?? size)}}"#
  }
}
