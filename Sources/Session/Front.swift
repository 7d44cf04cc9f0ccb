import Diagnostics
import Experiments
import Images
import Training

/// Where a session is seen and heard: a terminal, a pipe, later a notebook.
public protocol Front: AnyObject {
    /// A result: to standard output, in a terminal's way or a file's.
    func show(_ display: Display)
    /// Something that a person should know while work goes on: to standard error.
    func notice(_ text: String)
    /// A mistake that does not end the script, such as a failing row of an experiment.
    func report(_ diagnostic: Diagnostic)
    /// Training has come a step further.
    func progress(_ progress: TrainingProgress, of title: String)
    /// Other work has come further.
    func progress(_ progress: WorkProgress)
    /// The work has ended; what a progress line showed can be wiped.
    func progressEnded()
}

extension Front {
    public func progress(_ progress: WorkProgress) {}
}

/// How far work is that is no training: scoring, restoring, hashing.
public struct WorkProgress: Sendable {
    /// What is done: `deblur photo.jpg`.
    public let title: String
    /// 0…1.
    public let part: Double
    /// Such as `3/12`, and how fast it goes.
    public let facts: [String]
    public let secondsLeft: Double?
}

/// A result in the form in which it is to be shown; each can be written as plain text.
public enum Display {
    case text(String)
    case table(TextTable)
    case image(Image, text: String)
}
