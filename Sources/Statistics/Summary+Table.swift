import Diagnostics
import Foundation
import Tables

extension Summary {
    /// The summary as a table: the group, its number of rows, and for each measured column mean ± standard
    /// deviation, the difference Δ to the reference, its 95 % interval, and the probability of such a
    /// difference by chance. A column in which nothing stands is left out.
    /// - Parameter wanted: measured columns; all where `nil`.
    /// - Throws: `unknown-column`.
    public func table(of wanted: [String]? = nil) throws(Diagnostic) -> TextTable {
        var places: [Int] = []
        for column in wanted ?? measureColumns {
            guard let place = measureColumns.firstIndex(of: column) else {
                throw groupColumns.contains(column)
                    ? .notMeasured(column, among: measureColumns)
                    : .unknownColumn(column, among: measureColumns)
            }
            places.append(place)
        }
        var columns = groupColumns.enumerated().map { index, column in
            let isNumeric = groups.allSatisfy { $0.key[index].number != nil }
            return TextTable.Column(heading(column), isNumeric ? .right : .left, isAttached: index > 0)
        }
        columns.append(.init("n", .right))
        for place in places {
            columns += [
                .init(heading(measureColumns[place]), .right), .init("Δ", .right, isAttached: true),
                .init("95 % interval", .left, isAttached: true), .init("p", .left, isAttached: true),
            ]
        }
        let rows = groups.map { group in
            group.key.map(\.description) + ["\(group.count)"]
                + places.flatMap { place in
                    group.measures[place].map { cells($0, decimals(ofMeasure: place), of: group) }
                        ?? ["", "", "", ""]
                }
        }
        var table = TextTable(columns: columns, rows: rows).withoutEmptyColumns()
        table.caption = caption(places)
        return table
    }

    /// What the tests take for replications, in the plural.
    var replications: String {
        AxisColumns.replications(among: varyingAxes) == ["seed"] ? "seeds" : "rows"
    }

    /// What the columns beside the means are.
    private func caption(_ places: [Int]) -> String? {
        let measures = groups.flatMap { group in places.compactMap { group.measures[$0] } }
        guard measures.contains(where: { $0.difference != nil }) else { return nil }
        let key = groups[reference].key.map(\.description).joined(separator: ", ")
        let contrasts = measures.compactMap(\.contrast)
        guard !contrasts.isEmpty else { return "Δ: mean difference to \(key)." }
        let images = contrasts.contains { $0.images > 1 }
        let sample = replications
        let test =
            images
            ? "two-way random-effects model of \(sample) and, for scores, images"
            : "paired t-test over \(sample)"
        return "Δ: mean difference to \(key), with its 95 % interval and p after Holm's correction; \(test)."
    }

    private func cells(_ measure: Measure, _ places: Int, of group: Group) -> [String] {
        let value = measure.text(places, ofRows: group.count)
        let isPart = measure.pairs > 0 && measure.pairs < max(group.count, groups[reference].count)
        let difference =
            measure.difference.map { signed($0, places) + (isPart ? " (n \(measure.pairs))" : "") } ?? ""
        let interval = measure.contrast.map { contrast in
            let interval = contrast.interval()
            return "\(signed(interval.lowerBound, places)) to \(signed(interval.upperBound, places))"
        }
        return [value, difference, interval ?? "", measure.p.map(probability) ?? ""]
    }

    /// Decimals for a column: two digits of its smallest spread, or five digits of its largest value without
    /// one.
    func decimals(ofMeasure index: Int) -> Int {
        let measures = groups.compactMap { $0.measures[index] }
        let deviations = measures.compactMap(\.deviation).filter { $0 > 0 }
        if let smallest = deviations.min() { return placesShowing(deviation: smallest) }
        let means = measures.map(\.mean).filter(\.isFinite)
        if means.allSatisfy({ $0 == $0.rounded() }) { return 0 }
        let largest = means.map(abs).max() ?? 1
        return min(6, max(0, 4 - Int(log10(largest).rounded(.down))))
    }
}

extension Summary.Measure {
    /// Mean ± standard deviation, and how many rows of the group are not in it.
    /// - Parameters:
    ///   - places: decimals.
    ///   - rows: of the group.
    func text(_ places: Int, ofRows rows: Int) -> String {
        var text = fixed(mean, places)
        if isConstant, count > 1 {
            text = Cell.number(mean).description
        } else if let deviation {
            text += " ± \(fixed(deviation, places))"
        }
        if count < rows { text += " (n \(count))" }
        if leftOut > 0 { text += " (\(leftOut) not finite)" }
        return text
    }
}
