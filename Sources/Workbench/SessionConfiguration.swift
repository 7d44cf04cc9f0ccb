import Machine

/// What a session is asked to do, and where.
public struct SessionConfiguration: Sendable {
    /// Where experiments write their tables.
    public var resultsFolder = "results"
    /// Threads that training and evaluation use.
    public var threads = 1
    /// What a row of results says of the program that made it.
    public var version: String
    /// Whether runs that are complete already are computed all the same.
    public var runsAllRows = false
    /// Whether an experiment ends at the first row that fails.
    public var stopsAtFailure = false
    /// The fingerprint of the one row that is to be computed anew; all others are taken as they are.
    public var onlyRow: String?
    /// How the script was asked for, to be kept with each row: its path, and what the command line set.
    public var invocation: [(key: String, value: String)] = []
    /// What scripts are run for.
    public var task = Task.run
    /// Whether functions leave files as they are that they would write.
    public var isReadOnly = false
    /// Whether a person is at the keyboard: a training that is stopped then leaves what it has learnt so far.
    public var isInteractive = false
    /// Raised when the user asks to stop; looked at in every step of training and turn of a loop.
    public var stop = StopFlag()

    /// What scripts are run for.
    public enum Task: Sendable {
        /// Sources are run.
        case run
        /// Sources are checked: nothing is trained and no file written.
        case check
        /// Sources are run to see which rows of tables are not as they ask for now: nothing is trained, and
        /// nothing drawn or saved, but tables are read.
        case audit(Audit)
    }

    public init(version: String) { self.version = version }
}
