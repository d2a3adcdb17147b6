import GRDB
import GenkiCore
import GenkiRound

extension Transaction {
  // MARK: Data sets

  /// All data sets by name.
  public func datasets() throws -> [DatasetRecord] {
    try values(DatasetRecord.self, "SELECT body FROM datasets ORDER BY name")
  }

  /// The data set of a name.
  public func dataset(_ name: String) throws -> DatasetRecord? {
    try value(DatasetRecord.self, "SELECT body FROM datasets WHERE name = ?", [name])
  }

  /// Adds or replaces a data set.
  public func save(_ dataset: DatasetRecord) throws {
    try database.execute(
      sql: """
        INSERT INTO datasets (name, body) VALUES (?, ?)
        ON CONFLICT (name) DO UPDATE SET body = excluded.body
        """, arguments: [dataset.name, try Self.body(dataset)])
  }

  /// Forgets a data set; the file stays.
  public func removeDataset(_ name: String) throws {
    try database.execute(sql: "DELETE FROM datasets WHERE name = ?", arguments: [name])
  }

  // MARK: Jobs

  /// Adds a job, giving it its id, or stores its new state.
  public func save(_ job: inout Job) throws {
    if job.id == nil {
      try database.execute(
        sql: "INSERT INTO jobs (round, state, body) VALUES (?, ?, '')",
        arguments: [job.round.map { Int64(clamping: $0) }, job.state.rawValue])
      job.id = database.lastInsertedRowID
    }
    try database.execute(
      sql: "UPDATE jobs SET state = ?, body = ? WHERE id = ?",
      arguments: [job.state.rawValue, try Self.body(job), job.id])
  }

  /// A job by its id.
  public func job(_ id: Int64) throws -> Job? {
    try value(Job.self, "SELECT body FROM jobs WHERE id = ?", [id])
  }

  /// The newest job of a round.
  public func job(round: UInt64) throws -> Job? {
    try value(
      Job.self, "SELECT body FROM jobs WHERE round = ? ORDER BY id DESC LIMIT 1",
      [Int64(clamping: round)])
  }

  /// The jobs, newest first.
  public func jobs(limit: Int) throws -> [Job] {
    try values(Job.self, "SELECT body FROM jobs ORDER BY id DESC LIMIT ?", [limit])
  }

  /// Jobs that have not ended, oldest first.
  public func openJobs() throws -> [Job] {
    try values(
      Job.self,
      """
      SELECT body FROM jobs WHERE state NOT IN ('done', 'failed', 'cancelled') ORDER BY id
      """)
  }

  /// Notes the loss of a step.
  public func addStep(job: Int64, step: Int, loss: Double) throws {
    try database.execute(
      sql: "INSERT OR REPLACE INTO job_steps (job, step, loss) VALUES (?, ?, ?)",
      arguments: [job, step, loss.isFinite ? loss : nil])
  }

  /// The losses of a job's steps.
  public func steps(job: Int64) throws -> [(step: Int, loss: Double)] {
    try Row.fetchAll(
      database, sql: "SELECT step, loss FROM job_steps WHERE job = ? ORDER BY step",
      arguments: [job]
    ).map { ($0["step"], $0["loss"] ?? .nan) }
  }

  // MARK: Submissions

  /// Adds a submission, giving it its id, or stores its new state.
  public func save(_ submission: inout Submission) throws {
    if submission.id == nil {
      try database.execute(
        sql: "INSERT INTO submissions (round, state, body) VALUES (?, ?, '')",
        arguments: [Int64(clamping: submission.round), submission.state.rawValue])
      submission.id = database.lastInsertedRowID
    }
    try database.execute(
      sql: "UPDATE submissions SET state = ?, body = ? WHERE id = ?",
      arguments: [submission.state.rawValue, try Self.body(submission), submission.id])
  }

  /// A submission by its id.
  public func submission(_ id: Int64) throws -> Submission? {
    try value(Submission.self, "SELECT body FROM submissions WHERE id = ?", [id])
  }

  /// The newest submission of a round.
  public func submission(round: UInt64) throws -> Submission? {
    try value(
      Submission.self, "SELECT body FROM submissions WHERE round = ? ORDER BY id DESC LIMIT 1",
      [Int64(clamping: round)])
  }

  /// The submissions, newest first.
  public func submissions(limit: Int) throws -> [Submission] {
    try values(Submission.self, "SELECT body FROM submissions ORDER BY id DESC LIMIT ?", [limit])
  }

  /// Submissions that have not ended, oldest first.
  public func openSubmissions() throws -> [Submission] {
    try values(
      Submission.self,
      """
      SELECT body FROM submissions WHERE state NOT IN ('verified', 'superseded', 'failed')
      ORDER BY id
      """)
  }
}
