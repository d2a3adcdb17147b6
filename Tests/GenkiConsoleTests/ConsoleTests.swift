import Foundation
import GenkiConsole
import GenkiCore
import TestSupport
import Testing

struct ConsoleTests {
  /// What a console writes to files, which are no terminals.
  private func output(
    json: Bool, _ body: (Console) throws -> Void
  ) throws -> (output: String, errors: String) {
    let folder = try TemporaryFolder()
    try folder.write("", to: "out")
    try folder.write("", to: "errors")
    let out = try #require(FileHandle(forWritingAtPath: folder.file("out")))
    let errors = try #require(FileHandle(forWritingAtPath: folder.file("errors")))
    let console = Console(
      json: json, outputDescriptor: out.fileDescriptor, errorDescriptor: errors.fileDescriptor)
    try body(console)
    try console.finish()
    return (
      try String(contentsOfFile: folder.file("out"), encoding: .utf8),
      try String(contentsOfFile: folder.file("errors"), encoding: .utf8)
    )
  }

  private func everything(_ console: Console) {
    console.line("a line")
    console.fragment("a fragment")
    console.document(.object(["key": .integer(1)]))
    console.event(.object(["event": .string("step")]))
    console.note("a note")
    console.error("an error")
    let bar = ProgressBar(console, label: "work", total: 10)
    bar.update(completed: 10)
    bar.clear()
  }

  @Test func humanOutputHasNoJSONAndNoControlCharactersOutsideOfATerminal() throws {
    let (output, errors) = try output(json: false) { console in
      everything(console)
      console.line(console.styled("plain", .red))
    }
    #expect(output == "a line\na fragmentplain\n")
    #expect(errors == "a note\nan error\n")
  }

  @Test func jsonOutputHasNothingElse() throws {
    let (output, errors) = try output(json: true, everything)
    #expect(output == "{\"key\":1}\n{\"event\":\"step\"}\n")
    #expect(errors == "an error\n")
  }

  @Test func moreThanABufferArrivesWhole() throws {
    let line = String(repeating: "x", count: 999)
    let (output, _) = try output(json: false) { console in
      for _ in 0..<1000 { console.line(line) }
    }
    #expect(output.utf8.count == 1_000_000)
  }

  @Test func aFullDiskIsAnError() throws {
    let full = try #require(FileHandle(forWritingAtPath: "/dev/full"))
    let console = Console(
      json: false, outputDescriptor: full.fileDescriptor, errorDescriptor: STDERR_FILENO)
    console.line("lost")
    let error = #expect(throws: ConsoleError.self) { try console.finish() }
    #expect(error?.kind == .inputOutput)
  }

  @Test func theBarShowsShareCountsAndTimeLeft() {
    let text = ProgressBar.text(
      label: "training", completed: 500, total: 2000, note: "loss 3.2", secondsLeft: 90)
    #expect(text == "training  ██████░░░░░░░░░░░░░░░░░░  500/2,000  loss 3.2  ETA 1:30")
    #expect(ProgressBar.secondsLeft(elapsed: 10, done: 5, left: 15) == 30)
    #expect(ProgressBar.secondsLeft(elapsed: 10, done: 0, left: 15) == nil)
  }
}
