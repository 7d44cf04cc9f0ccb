/// The values of settings; those that nothing was given for have their standard ones.
public struct SettingValues: Sendable, Equatable {
    /// Those that differ from the standard, so that equal values are equal however they were set.
    private var given: [String: Double] = [:]

    public init() {}

    public subscript(_ setting: Setting) -> Double {
        get { given[setting.name] ?? setting.standard }
        set { given[setting.name] = newValue == setting.standard ? nil : newValue }
    }

    public func isStandard(_ setting: Setting) -> Bool { given[setting.name] == nil }
}
