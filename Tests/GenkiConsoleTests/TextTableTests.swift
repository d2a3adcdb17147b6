import GenkiConsole
import Testing

struct TextTableTests {
  @Test func columnsAreAlignedAndLinesEndWithTheirLastLetter() {
    var table = TextTable([("name", .left), ("loss", .right)])
    table.add(["a", "1.25"])
    table.add(["longer", "10.5"])
    table.add(["short of a cell"])
    table.add(["x", "1", "beyond the columns"])
    #expect(
      table.lines() == [
        "name             loss",
        "a                1.25",
        "longer           10.5",
        "short of a cell",
        "x                   1",
      ])
  }

  @Test func aTableMayHaveNoTitles() {
    var table = TextTable(alignments: [.right, .left])
    table.add(["10", "b"])
    table.add(["1", "a"])
    #expect(table.lines() == ["10  b", " 1  a"])
    #expect(!table.hasHeader)
  }
}
