import Assist
import Data
import Diagnostics
import Experiments
import Files
import Foundation
import Images
import Language
import OrderedCollections
import Runs
import Tables
import Tracing

/// What built-in functions work with: where they show, read, train and write, and for what they are called.
package final class Workbench {
    package let configuration: SessionConfiguration
    package let frontEnd: any FrontEnd
    package let tracing: Tracing
    package let index: HelpIndex
    /// What the statement under way is run for.
    package var mode: RunMode
    package var meter = WorkMeter()
    package var renewal: RunRenewal
    /// The training that was stopped last, until it is bound to a name or told of.
    package var stopped: Model?

    package init(
        _ configuration: SessionConfiguration, frontEnd: any FrontEnd, _ tracing: Tracing, _ index: HelpIndex
    ) {
        self.configuration = configuration
        self.frontEnd = frontEnd
        self.tracing = tracing
        self.index = index
        mode = RunMode(configuration.task)
        renewal = RunRenewal(isAsked: configuration.runsAllRows)
    }

    package var interpreter: Interpreter { tracing.interpreter }

    /// Help for the window there is.
    package var help: Help { Help(width: frontEnd.textWidth, index) }

    // MARK: What may be done

    /// Calls a function: what its row and its arguments say that it does, as far as that may be done now.
    package func call(_ function: Function<Workbench>, _ arguments: Arguments) throws(Diagnostic) -> Value {
        let effect = arguments.effect
        guard effect > .none else { return try function.code(self, arguments) }
        guard mode.computes || (effect == .reads && readsTables(function.row)) else {
            return try function.plan(self, arguments)
        }
        if effect == .computes { try requireComputing() }
        if effect == .writes, !writesFiles {
            // Where a value depends on what is written, leaving that out would give another.
            guard function.row.traits.effect == .computes || function.row.traits.effect == .trains else {
                return try function.plan(self, arguments)
            }
            if configuration.isReadOnly, let written = arguments.written {
                throw .readOnly("`\(written.name)` names a file", at: written.span)
            }
        }
        return try function.code(self, arguments)
    }

    /// Whether functions write files: not while work is only planned or audited, nor where they are told not
    /// to, nor outside of the one row that alone is computed again.
    package var writesFiles: Bool {
        mode.computes && mode.audit == nil && !configuration.isReadOnly
            && (configuration.onlyRow == nil || mode.recorder != nil)
    }

    /// What stands in tables decides in an audit what further rows depend on.
    private func readsTables(_ row: Builtin) -> Bool {
        row.topic == .experiments && mode.audit != nil && mode.plan == nil
    }

    /// Called before work that no run keeps.
    /// - Throws: `not-there` in an audit, which computes nothing.
    package func requireComputing(_ what: String = "what no run keeps") throws(Diagnostic) {
        guard mode.audit == nil else { throw .notThere(what) }
    }

    /// Whether a file may be missing: where nothing is done, the script itself may be what writes it.
    package func isYetToBeWritten(_ path: String) -> Bool {
        !mode.computes && !FileManager.default.fileExists(atPath: path)
    }

    // MARK: Showing

    /// Shows a value, as the prompt does.
    package func show(_ value: Value) {
        switch value {
        case .nothing, .pending: return
        case .record(let fields) where mode.computes: frontEnd.show(.text(Self.column(of: fields)))
        case .callable(let callable) where callable.bound.isEmpty:
            frontEnd.show(.text(help.signature(of: callable)))
        case .foreign(let foreign): frontEnd.show(display(of: foreign))
        case .number, .text, .boolean, .list, .range, .record, .callable:
            frontEnd.show(.text(value.description))
        }
    }

    private func display(of foreign: any ForeignValue) -> Display {
        switch foreign {
        case let table as TextTable: .table(table)
        case let image as Image: .image(image, text: image.description)
        case let mode as SharingMode: .text("sharing \(mode.name)\n" + help.rules(of: mode))
        case let data as DatasetValue where mode.computes:
            .thumbnails(text: data.description, images: { Self.thumbnails(of: data.data) })
        case let network as Network where mode.computes:
            .text((try? tracing.summaryLines(of: network)) ?? network.description)
        case let model as Model where mode.computes: .text(model.summary)
        default: .text(foreign.description)
        }
    }

    /// A record as a column of names and values.
    private static func column(of fields: OrderedDictionary<String, Value>) -> String {
        let width = fields.keys.map(displayWidth).max() ?? 0
        return fields.map { name, value in
            name + String(repeating: " ", count: width - displayWidth(name)) + "  " + value.rounded
        }.joined(separator: "\n")
    }

    /// The first few blurred images; none where they cannot be read, which those who ask for them are told
    /// then.
    private static func thumbnails(of data: any Dataset) -> [Image] {
        (0..<min(data.count, 6)).compactMap { try? data.pair(at: $0).blurred }
    }
}

extension Workbench: TableNames {
    /// Experiments whose tables are there.
    package var tableNames: [String] {
        (try? RunStore.tables(in: configuration.resultsFolder)) ?? []
    }

    package func columns(ofTable name: String) -> [String] {
        let path = ExperimentStore.tablePath(name, in: configuration.resultsFolder)
        return (try? ResultTable(readFrom: path).columns) ?? []
    }
}

/// What work has been done, for `time` and for telling how long the next will take.
package struct WorkMeter {
    /// Multiply-accumulates of all training and scoring so far.
    package var multiplyAccumulates = 0.0
    /// Trainings, scorings and images restored so far, trainings that were stopped and kept among them.
    package var completedWorks = 0
    /// Multiply-accumulates a second of the last training.
    package var measuredSpeed: Double?
}

/// Which complete runs are computed anew.
package struct RunRenewal {
    /// Whether runs of the row under way are computed although they are complete.
    package var isAsked: Bool
    /// Runs that this session has computed, which are not computed anew once more.
    package var renewed: Set<String> = []
}

extension Diagnostic {
    package static let notThereCode = "not-there"

    /// An audit computes nothing.
    package static func notThere(_ what: String) -> Diagnostic {
        Diagnostic(notThereCode, "\(what) is not there to be looked at")
    }

    package static func readOnly(_ why: String, at span: Span) -> Diagnostic {
        Diagnostic("read-only", "\(why), and nothing is written here", at: span)
    }
}
