import Assist
import Diagnostics
import Images
import Tables
import Training

/// Where a session is seen and heard: a terminal, a pipe, later a notebook.
public protocol FrontEnd: AnyObject {
    /// A result: to standard output, in a terminal's way or a file's.
    func show(_ display: Display)
    /// Something that a person should know while work goes on: to standard error.
    func notice(_ text: String)
    /// A mistake that does not end the script, such as a failing row of an experiment.
    func report(_ diagnostic: Diagnostic)
    /// Training has come a step further.
    /// - Parameter validation: of a training that is watched on other images, the PSNR in dB on them when
    ///   they were last looked at.
    func progress(_ progress: TrainingProgress, validation: Double?, of title: String)
    /// Other work has come further.
    func progress(_ progress: WorkProgress)
    /// The work has ended; what a progress line showed can be wiped.
    func progressEnded()
    /// Columns that a text is laid out for.
    var textWidth: Int { get }
    /// Opens `text` in the user's editor.
    /// - Parameter name: what it defines.
    /// - Returns: the text as it was left; `nil` where there is no terminal for an editor.
    func edit(_ text: String, named name: String) throws(Diagnostic) -> String?
}

extension FrontEnd {
    public func edit(_ text: String, named name: String) throws(Diagnostic) -> String? { nil }
}

extension FrontEnd {
    public var textWidth: Int { Help.standardWidth }

    public func progress(_ progress: WorkProgress) {}
}

/// How far work is that is no training: scoring, restoring, hashing.
public struct WorkProgress: Sendable {
    /// What is done, such as `deblur`.
    public let title: String
    /// 0…1.
    public let part: Double
    /// Such as `3/12`, and how fast it goes.
    public let facts: [String]
    public let secondsLeft: Double?

    package init(title: String, part: Double, facts: [String], secondsLeft: Double?) {
        (self.title, self.part, self.facts, self.secondsLeft) = (title, part, facts, secondsLeft)
    }
}

/// A result in the form in which it is to be shown; each can be written as plain text.
public enum Display {
    case text(String)
    case table(TextTable)
    case image(Image, text: String)
    /// A text, and where there is room for them small images below it, made only then.
    case thumbnails(text: String, images: () -> [Image])
    case drawing(Drawing)
}

/// Lines and letters that a program draws for the room there is: into an image, or in letters.
public struct Drawing {
    /// The text for a window of so many columns and rows, with a newline at the end.
    public let text: (_ columns: Int, _ rows: Int) throws(Diagnostic) -> String
    /// About so many pixels wide.
    public let image: (_ width: Int) throws(Diagnostic) -> Image

    package init(
        text: @escaping (_ columns: Int, _ rows: Int) throws(Diagnostic) -> String,
        image: @escaping (_ width: Int) throws(Diagnostic) -> Image
    ) {
        (self.text, self.image) = (text, image)
    }
}
