/// The candidate that `name` was probably meant to be: smallest edit distance, if it is small for the name's
/// length; or else the only one that `name` abbreviates, `rate` or `lr` for `learning_rate`.
///
/// Distance: optimal string alignment (insertions, deletions, substitutions, swaps of neighbours), ignoring
/// case.
public func nearest(to name: String, among candidates: some Collection<String>) -> String? {
    let limit = max(1, name.count / 3)
    // A name of hundreds of letters is no misspelling of anything, and the distance is quadratic.
    guard name.count <= 64 else { return nil }
    var best: (name: String, distance: Int)?
    for candidate in candidates where candidate != name && abs(candidate.count - name.count) <= limit {
        let distance = editDistance(Array(name.lowercased()), Array(candidate.lowercased()))
        guard distance <= limit, distance < name.count else { continue }
        if best.map({ (distance, candidate) < ($0.distance, $0.name) }) ?? true {
            best = (candidate, distance)
        }
    }
    if let best { return best.name }
    let whole = Set(candidates.filter { abbreviates(name.lowercased(), $0.lowercased()) })
    return whole.count == 1 ? whole.first : nil
}

/// Whether `name` is one of a candidate's words, or their first letters.
private func abbreviates(_ name: String, _ candidate: String) -> Bool {
    let words = candidate.split(separator: "_")
    guard words.count > 1 else { return false }
    return words.contains { $0 == name } || String(words.compactMap(\.first)) == name
}

private func editDistance(_ left: [Character], _ right: [Character]) -> Int {
    var beforeLast = [Int](repeating: 0, count: right.count + 1)
    var last = Array(0...right.count)
    for row in 0..<left.count {
        var current = [row + 1] + last.dropFirst()
        for column in 0..<right.count {
            let substitution = last[column] + (left[row] == right[column] ? 0 : 1)
            var distance = min(substitution, last[column + 1] + 1, current[column] + 1)
            if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                distance = min(distance, beforeLast[column - 1] + 1)
            }
            current[column + 1] = distance
        }
        (beforeLast, last) = (last, current)
    }
    return last[right.count]
}
