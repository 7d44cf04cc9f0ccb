/// A value that scripts, files and recipes know by its name, and that stands in the list of its type: a loss,
/// an optimiser, a rule for first weights.
///
/// The list is the one place that names it. The checks of a call, messages, help, the reference and
/// completion read the list.
public protocol NamedKind: Sendable, Hashable {
    /// In the order in which messages and the reference list them.
    static var all: [Self] { get }
    /// As a script writes it.
    var name: String { get }
    /// What it is, for help: a phrase that follows its name, without a full stop.
    var about: String { get }
    /// The numbers that tune it.
    var settings: [Setting] { get }
}

extension NamedKind {
    public var settings: [Setting] { [] }

    public static func named(_ name: String) -> Self? { all.first { $0.name == name } }

    /// Names are unique within a list.
    public static func == (left: Self, right: Self) -> Bool { left.name == right.name }

    public func hash(into hasher: inout Hasher) { hasher.combine(name) }

    /// The settings of the whole list, each once, with the names of the kinds that it tunes.
    public static var allSettings: [(setting: Setting, kinds: [String])] {
        var settings: [(setting: Setting, kinds: [String])] = []
        for kind in all {
            for setting in kind.settings {
                if let place = settings.firstIndex(where: { $0.setting.name == setting.name }) {
                    settings[place].kinds.append(kind.name)
                } else {
                    settings.append((setting, [kind.name]))
                }
            }
        }
        return settings
    }
}
