import ArgumentParser
import Foundation
import GenkiConsole
import GenkiCore
import GenkiReport

/// `genki-validatord report`: draws a round's figures as one HTML file.
struct ReportCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Draw a round as one self-contained HTML file.",
    discussion: """
      Reads the figures that a demo or a round left as JSON and writes a page with the leaderboard, \
      the similarity matrix, loss curves and losses on every text. The page needs no network.

      EXAMPLE:
        genki-validatord report --round demo-output/report.json --html report.html
      """)

  private static let bytesMaximum = 64 << 20

  @Option(help: ArgumentHelp("The round's figures, as JSON.", valueName: "file.json"))
  var round: String

  @Option(help: ArgumentHelp("Where the page goes; replaced if it exists.", valueName: "file"))
  var html: String

  @OptionGroup var output: OutputOptions

  func run(_ console: Console) throws {
    let bytes = try TextFile.readBytes(round, sizeLimit: Self.bytesMaximum)
    let report = try RoundReport(json: JSONValue.parse(bytes, source: round))
    let page = ReportPage(report).html()
    try AtomicFile.write(page, to: html)
    console.line("wrote \(html)")
    console.document(.object(["html": .string(html), "bytes": .integer(Int64(page.utf8.count))]))
  }
}
