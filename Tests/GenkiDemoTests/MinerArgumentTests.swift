import GenkiDemo
import GenkiTrain
import Testing

@Suite struct MinerArgumentTests {
  @Test(
    arguments: [
      ("a=x.txt", "a", ["x.txt"], .lora),
      ("a=x.txt:full", "a", ["x.txt"], .full),
      ("alice-2.b_c=x.txt,y.jsonl:lora", "alice-2.b_c", ["x.txt", "y.jsonl"], .lora),
      // The first equals sign ends the name.
      ("a=x=1.txt", "a", ["x=1.txt"], .lora),
      (#"a=C\:\\x\,y\=z.txt:full"#, "a", [#"C:\x,y=z.txt"#], .full),
      (#"a=full\:,lora\::full"#, "a", ["full:", "lora:"], .full),
      ("a=with blanks.txt,ünïcode.txt", "a", ["with blanks.txt", "ünïcode.txt"], .lora),
    ] as [(String, String, [String], FinetuneOptions.Method)])
  func itIsNameFilesAndMethod(
    text: String, name: String, files: [String], method: FinetuneOptions.Method
  ) throws {
    let miner = try MinerArgument(text)
    #expect(miner.name == name)
    #expect(miner.files == files)
    #expect(miner.method == method)
  }

  /// A row is an argument and what the error must say.
  @Test(arguments: [
    ("", "no equals sign"), ("a", "no equals sign"), (#"a\=x"#, "no equals sign"),
    ("=x.txt", "name is empty"), ("a=", "names no file"), ("a=:full", "names no file"),
    ("a=x,,y", "file is empty"), ("a=x,", "file is empty"),
    ("a=x:both", #""both" is no method"#), ("a=x:", #""" is no method"#),
    ("a=C:x:full", "2 colons"), (#"a=x\n"#, "backslash"), (#"a=x\"#, "backslash"),
    ("a b=x", "repository's owner"), ("-a=x", "repository's owner"), ("a--b=x", "repository's"),
    ("a/b=x", "repository's owner"), ("ä=x", "repository's owner"), ("..=x", "repository's"),
    ("coordinator=x", "another daemon's name"), ("Verifier=x", "another daemon's name"),
    ("copier=x", "another daemon's name"), ("insider=x", "another daemon's name"),
  ])
  func whatIsWrongIsSaid(text: String, why: String) {
    let error = #expect(throws: (any Error).self) { try MinerArgument(text) }
    let message = "\(String(describing: error))"
    #expect(message.contains("--miner"))
    #expect(message.contains(why), "\(message)")
  }

  /// `NAME/model-r999` must fit into a commitment, whose repository has 50 bytes.
  @Test func aNameMayBeAsLongAsItsRepositoriesCanBeCommitted() throws {
    let longest = String(repeating: "n", count: 50 - "/model-r999".count)
    #expect(try MinerArgument("\(longest)=x").name == longest)
    #expect(throws: (any Error).self) { try MinerArgument("\(longest)n=x") }
  }
}
