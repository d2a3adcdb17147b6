import Foundation
import GenkiCore
import GenkiFormats
import TestSupport
import Testing

struct GenerateCommandTests {
  private func generate(_ base: CommandBase, _ more: [String]) throws -> ProgramRun {
    try ProgramRun(
      "genki-minerd",
      ["generate", "--model", base.base, "--prompt", "The fire", "--max-tokens", "12"] + more)
  }

  @Test func theTextOfTheDocumentIsThatOfTheTerminalAndOfTheIDs() throws {
    let base = try CommandBase()
    let document = try generate(base, ["--json"]).document()
    let ids = try #require(document["ids"]?.arrayValue?.compactMap { $0.intValue })
    #expect(ids.count == document["tokens"]?.intValue)
    #expect((document["tokens_per_second"]?.doubleValue ?? 0) > 0)
    let tokenizer = try Tokenizer.load(path: base.base)
    let text = tokenizer.decode(ids.map { Int32($0) })
    #expect(document["text"]?.stringValue == text)
    let human = try generate(base, [])
    #expect(human.output == text + "\n")
    #expect(human.errors.isEmpty)
  }

  @Test func aSeedDecidesTheSampling() throws {
    let base = try CommandBase()
    func ids(_ more: [String]) throws -> JSONValue? {
      try generate(base, ["--json", "--temperature", "1"] + more).document()["ids"]
    }
    #expect(try ids(["--seed", "1"]) == ids(["--seed", "1"]))
    #expect(try ids(["--seed", "1"]) != ids(["--seed", "2"]))
    #expect(try ids(["--top-k", "1"]) == generate(base, ["--json"]).document()["ids"])
  }

  @Test func anAdapterChangesTheText() throws {
    let base = try CommandBase()
    let trained = try ProgramRun(
      "genki-minerd",
      base.finetune("adapter", ["--method", "lora", "--learning-rate", "0.05", "--rank", "4"]))
    #expect(trained.status == 0, "\(trained.errors)")
    let plain = try generate(base, ["--json"]).document()
    let adapted = try generate(base, ["--json", "--adapter", base.folder.file("adapter")])
      .document()
    #expect(plain["ids"] != adapted["ids"])
    let wrong = try ProgramRun(
      "genki-minerd", ["generate", "--model", base.folder.file("adapter"), "--prompt", "x"])
    #expect(wrong.status == ErrorKind.usage.rawValue)
    #expect(wrong.errors.contains("give its base as --model"))
  }

  @Test(arguments: [
    ["--max-tokens", "0"], ["--temperature", "-1"], ["--temperature", "nan"], ["--top-k", "0"],
    ["--top-p", "0"], ["--top-p", "1.5"], ["--threads", "0"],
  ])
  func anOptionOutOfRangeIsNamed(option: [String]) throws {
    let base = try CommandBase()
    let run = try generate(base, option)
    #expect(run.status == ErrorKind.usage.rawValue)
    #expect(run.errors.contains(option[0]))
    #expect(run.output.isEmpty)
  }

  @Test func aPromptLongerThanTheContextIsRefused() throws {
    let base = try CommandBase()
    let prompt = String(repeating: "miners ", count: 100)
    let run = try ProgramRun(
      "genki-minerd", ["generate", "--model", base.base, "--prompt", prompt])
    #expect(run.status != 0)
    #expect(run.status != ErrorKind.internalError.rawValue)
    #expect(run.errors.contains("64"))
  }
}
