/// Tables that people have data in. They are not read: which column is what, nobody but their owner knows.
public enum TableFormat: String, Sendable, CaseIterable {
  case csv
  case tsv
  case parquet
  case arrow
  case feather
  case excel = "xlsx"

  /// The format that the end of a file's name tells.
  init?(nameExtension: String) {
    switch nameExtension {
    case "xls": self = .excel
    case "tab": self = .tsv
    case "ipc": self = .feather
    default: self.init(rawValue: nameExtension)
    }
  }

  /// What it is, for messages.
  public var name: String {
    switch self {
    case .csv: "a CSV table"
    case .tsv: "a table of values between tabs"
    case .parquet: "a Parquet table"
    case .arrow, .feather: "an Arrow table"
    case .excel: "an Excel sheet"
    }
  }

  /// A command that makes JSONL of it.
  public var conversion: String {
    switch self {
    case .csv, .tsv:
      "python3 -c \"import csv, json; [print(json.dumps(row)) for row in csv.DictReader("
        + "open('FILE.\(rawValue)', encoding='utf-8-sig', newline='')"
        + "\(self == .tsv ? ", delimiter=chr(9)" : ""))]\" > FILE.jsonl"
    case .arrow:
      "python3 -c \"import datasets; "
        + "datasets.Dataset.from_file('FILE.arrow').to_json('FILE.jsonl')\""
    case .parquet, .feather, .excel:
      "python3 -c \"import pandas; pandas.read_\(self == .excel ? "excel" : rawValue)"
        + "('FILE.\(rawValue)').to_json('FILE.jsonl', orient='records', lines=True)\""
    }
  }
}
