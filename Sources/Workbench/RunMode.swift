/// What the statement under way is run for.
package enum RunMode {
    /// Statements are done; in a row of an experiment, in a phase of it.
    case run(RowPhase?)
    /// Statements are checked: every row is only planned.
    case check(RowPlan?)
    /// Statements are held against tables.
    case audit(Audit, RowPhase?)

    /// What a row of an experiment is run for.
    package enum RowPhase {
        /// The row is planned, to learn what it depends on: nothing is trained, shown or written.
        case planning(RowPlan)
        /// The row is computed.
        case recording(RowRecorder)
    }

    package init(_ task: SessionConfiguration.Task) {
        switch task {
        case .run: self = .run(nil)
        case .check: self = .check(nil)
        case .audit(let audit): self = .audit(audit, nil)
        }
    }

    /// The mode while a row is planned.
    package func planning(_ plan: RowPlan) -> RunMode {
        switch self {
        case .run: .run(.planning(plan))
        case .check: .check(plan)
        case .audit(let audit, _): .audit(audit, .planning(plan))
        }
    }

    /// The mode while a row is computed. No row is in a check.
    package func recording(_ recorder: RowRecorder) -> RunMode {
        switch self {
        case .run: .run(.recording(recorder))
        case .check: preconditionFailure("a check computes no row")
        case .audit(let audit, _): .audit(audit, .recording(recorder))
        }
    }

    /// What the row being planned depends on, where one is planned.
    package var plan: RowPlan? {
        switch self {
        case .run(.planning(let plan)), .check(let plan?), .audit(_, .planning(let plan)): plan
        case .run, .check, .audit: nil
        }
    }

    /// What the row being computed has recorded, where one is computed.
    package var recorder: RowRecorder? {
        switch self {
        case .run(.recording(let recorder)), .audit(_, .recording(let recorder)): recorder
        case .run, .check, .audit: nil
        }
    }

    package var audit: Audit? {
        if case .audit(let audit, _) = self { audit } else { nil }
    }

    package var isCheck: Bool {
        if case .check = self { true } else { false }
    }

    /// Columns of the row under way.
    package var columns: RowColumns? { plan?.columns ?? recorder?.columns }

    /// Whether work that takes long or writes files is done; elsewhere results are ``Value/pending``.
    package var computes: Bool {
        switch self {
        case .run(nil), .run(.recording), .audit(_, .recording): true
        case .run(.planning), .check, .audit: false
        }
    }
}
