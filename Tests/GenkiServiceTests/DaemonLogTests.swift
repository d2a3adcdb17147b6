import Foundation
import GenkiCore
import GenkiService
import Logging
import TestSupport
import Testing

@Suite struct DaemonLogTests {
  private struct Kept: LogSink {
    let entries = Collected<LogEntry>()
    func write(_ entry: LogEntry) { entries.append(entry) }
  }

  @Test func metadataIsWrittenAndSecretsAreNot() {
    let sink = Kept()
    let log = DaemonLog(level: .info, sink: sink)
    var logger = log.logger("chain")
    logger[metadataKey: "hotkey"] = "5G"
    logger.notice(
      "sealed",
      metadata: ["block": "12", "hub_token": "hunter2", "tokens": "7", "event": "block_sealed"])
    let entry = sink.entries.all.first
    #expect(
      entry?.text == "chain: sealed (block=12 event=block_sealed hotkey=5G hub_token=*** tokens=7)")
    let body = log.lines.history().first?.body
    #expect(body?["level"] == "notice")
    #expect(body?["metadata"]?["block"] == "12")
  }

  @Test func nobodyForgesALine() {
    let sink = Kept()
    let log = DaemonLog(level: .info, sink: sink)
    log.logger("rpc").error("a\nb\u{1B}[2J\u{202E}", metadata: ["na\nme": "x\r\n\u{85}"])
    #expect(
      sink.entries.all.first?.text
        == "rpc: a\\nb\\u{1b}[2J\\u{202e} (na\\nme=x\\u{d}\\n\\u{85})")
    log.logger("rpc").error("\(String(repeating: "x", count: 1_000_000))")
    #expect(sink.entries.all.last?.message.count == DaemonLog.textCharactersMaximum + 1)
  }

  @Test func theLevelChangesWhileLoggersAreInUse() {
    let sink = Kept()
    let log = DaemonLog(level: .info, sink: sink)
    let logger = log.logger("round")
    logger.debug("1")
    #expect(log.setLevel("debug"))
    logger.debug("2")
    #expect(!log.setLevel("loud"))
    log.level = .critical
    logger.error("3")
    #expect(sink.entries.all.map(\.message) == ["2"])
  }

  @Test func theLastLinesAreKeptAndFollowed() {
    let log = DaemonLog(level: .info, sink: Kept())
    let logger = log.logger("x")
    for number in 0..<DaemonLog.linesMaximum + 5 { logger.info("\(number)") }
    let kept = log.lines.history()
    #expect(kept.count == DaemonLog.linesMaximum)
    #expect(kept.first?.body["message"] == "5")
    let heard = Collected<BusDelivery>()
    let subscription = log.lines.subscribe {
      heard.append($0)
      return true
    }
    logger.info("new")
    #expect(heard.wait(count: 1).count == 1)
    subscription.cancel()
  }

  @Test func aLineOnStderrHasTimeLevelSourceAndMetadata() throws {
    let folder = try TemporaryFolder()
    let file = FileHandle(forWritingAtPath: try folder.write("", to: "log"))
    let descriptor = try #require(file?.fileDescriptor)
    let log = DaemonLog(level: .info, sink: TextSink(descriptor: descriptor))
    log.logger("hub").warning("slow", metadata: ["seconds": "3"])
    let text = try TextFile.readString(folder.file("log"), sizeLimit: 1000)
    #expect(
      text.wholeMatch(
        of: #/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z warning hub: slow \(seconds=3\)\n/#) != nil)
  }

  @Test func journalFieldsHaveTheJournalsNames() {
    let entry = LogEntry(
      time: 0, level: .warning, source: "chain", message: "late",
      metadata: [(key: "event", value: "chain_late"), (key: "größe.x", value: "1")])
    #expect(
      JournalSink.fields(entry) == [
        "MESSAGE=chain: late (event=chain_late größe.x=1)", "PRIORITY=4", "GENKI_SOURCE=chain",
        "GENKI_EVENT=chain_late", "GENKI_GR_SSE_X=1",
      ])
    #expect(!JournalSink.isStandardError(nil))
    #expect(!JournalSink.isStandardError("1:1"))
  }

  @Test(arguments: [
    (0, "1970-01-01T00:00:00.000Z"), (951_782_400.25, "2000-02-29T00:00:00.250Z"),
    (-0.5, "1969-12-31T23:59:59.500Z"), (1e300, "9999-12-31T23:59:59.000Z"),
  ])
  func timesAreWrittenInUTC(seconds: Double, text: String) {
    #expect(WallClock.text(seconds) == text)
  }
}
