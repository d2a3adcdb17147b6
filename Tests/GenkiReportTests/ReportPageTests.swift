import Foundation
import GenkiReport
import Testing

@Suite struct ReportPageTests {
  private let page = ReportPage(Samples.round()).html()

  @Test(arguments: [
    "0.01234", "+0.01299", "± 0.00300", "75.0 %", "0.998", "4.513 → 4.388", "−0.125", "+0.250",
    "da3a0", "3a1f0",
    "12.2 s", "3.5 s", "too similar to an earlier one", "To be", " or not", "score-weighted mean",
    "80 steps", "5Copy", "1 of 2",
    "<a href=\"report-round-2.html\">The round after</a>",
  ])
  func showsTheFigures(text: String) { #expect(page.contains(text)) }

  @Test(arguments: [
    "<script", "http://", "https://", "url(", "@import", "<link", "src=", "<iframe",
  ])
  func needsNothingFromOutside(text: String) { #expect(!page.contains(text)) }

  @Test func isOneDocumentForBothColourSchemesAndSmallScreens() {
    #expect(page.hasPrefix("<!DOCTYPE html>"))
    #expect(page.contains("prefers-color-scheme:dark"))
    #expect(page.contains("width=device-width"))
    #expect(page.contains("max-width:640px"))
  }

  @Test func everyTextFromOutsideIsEscaped() {
    let hostile = "<script>alert('x')</script>\"&\u{0}\u{202E}"
    var report = RoundReport(title: hostile, round: 1)
    report.damaDigest = hostile
    report.manifestDigest = hostile
    report.strategy = hostile
    var row = RoundReport.CandidateRow(name: hostile, score: 1, weight: 1, isAccepted: false)
    row.hotkey = hostile
    row.text = hostile
    row.method = hostile
    row.nearest = hostile
    row.dataSimilarity = 1
    row.reason = hostile
    report.candidates = [row]
    report.similarity = .init(names: [hostile], values: [[1]])
    report.losses = [.init(text: hostile, base: 1, dama: 1, isTrainedOn: false)]
    report.trainings = [
      .init(name: hostile, isBase: true, recipe: hostile, steps: [1, 2], losses: [1, 2])
    ]
    report.samples = [.init(prompt: hostile, base: hostile, dama: hostile)]
    report.phases = [.init(name: hostile, seconds: 1)]

    let page = ReportPage(report).html()
    #expect(!page.contains("<script"))
    #expect(!page.contains("alert('x')"))
    #expect(!page.contains("\u{0}"))
    #expect(!page.contains("\u{202E}"))
    #expect(page.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot;&amp;"))
  }

  @Test func tagsAreBalanced() throws {
    for tag in ["div", "section", "table", "tr", "td", "svg", "text", "dl", "ul", "span", "small"] {
      let opened = page.matches(of: try Regex("<\(tag)[ >]")).count
      let closed = page.components(separatedBy: "</\(tag)>").count - 1
      #expect(opened == closed, "\(tag)")
    }
  }

  @Test func aRoundWithoutAnythingIsStillAPage() {
    let page = ReportPage(RoundReport(title: "Nothing", round: 0)).html()
    #expect(page.contains("Nothing"))
    #expect(!page.contains("<section>"))
    #expect(!page.contains("nan"))
  }

  @Test(arguments: [
    [3.0, 3.0, 3.0], [0, 0], [-1e300, 1e300], [1e-300, 2e-300], [5], [1e9, 1e9 + 1e-7],
  ])
  func extremeCurvesHaveFiniteCoordinates(losses: [Double]) {
    var report = RoundReport(title: "Curves", round: 1)
    report.trainings = [
      .init(
        name: "run", isBase: true, recipe: nil, steps: Array(1...losses.count), losses: losses)
    ]
    let page = ReportPage(report).html()
    #expect(page.contains("<polyline"))
    for word in ["nan", "inf\""] { #expect(!page.contains(word)) }
  }

  @Test func aLongRunIsThinnedToWhatCanBeSeen() {
    var report = RoundReport(title: "Long", round: 1)
    let steps = Array(1...50_000)
    report.trainings = [
      .init(
        name: "run", isBase: true, recipe: nil, steps: steps,
        losses: steps.map { 8 / Double($0) })
    ]
    #expect(ReportPage(report).html().utf8.count < 40_000)
  }
}
